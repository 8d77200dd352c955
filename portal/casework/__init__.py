"""What every record shares: life cycles, versions, encryption, tasks, notices, notes, attachments, documents, the outbox."""
