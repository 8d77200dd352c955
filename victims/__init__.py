"""The child's file: identification, evidence, whereabouts, health, care and everything that is known of one child."""
