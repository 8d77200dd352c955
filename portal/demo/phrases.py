"""What the generated files say. Every sentence is invented, and none of them describes abuse."""

LEADS = (
    "A tram ticket of a northern city on the table.",
    "A school bag with a badge; the school is not known yet.",
    "The power sockets are of a kind used in two countries only.",
    "A radio speaks in the background; the language was named by an interpreter.",
    "The wallpaper was sold by one chain between 2019 and 2022.",
    "A street lamp of a kind that one town council bought.",
    "A football scarf of a club in the third league.",
    "The label of a soft drink that was sold for one summer.",
    "The window looks on a harbour with a green crane.",
    "A calendar of a savings bank hangs beside the door.",
)
WHY_CANDIDATE = (
    "Two clues lead to one school district.",
    "The badge was traced to a school; a teacher knows the child.",
    "A missing-child report fits in age, mark and place.",
)
WHY_PROBABLE = (
    "School photo compared by the unit.",
    "A relative described the same mark.",
    "Address confirmed by the town.",
)
WHY_CONFIRMED = ("Seen again from the files, independently.", "Birth register and mark agree.", "Second unit agrees.")
WHY_ELSEWHERE = "Another country confirmed the child under a file of its own."
WHY_NOT_A_CHILD = "Found to be computer-made by the forensic unit."
WHY_ADULT = "Born before the limit, as the register says."
SERIES = (
    "Grey stairs", "Yellow curtain", "Night bus", "Harbour room", "Paper stars", "Green tiles", "Wooden horse",
    "Tin roof", "Two lamps", "Blue door", "Red chair", "Summer porch", "Round window", "Old piano", "Long corridor",
)  # fmt: skip
NICKNAMES = ("nightowl", "greyfox7", "lakeside_k", "tram28", "oldpiano", "m_harbour", "two.lamps")
OPERATIONS = ("Lantern", "Open Window", "Harbour", "First Snow", "Northern Line")

FLAGS = (
    "No contact with male relatives",
    "Is afraid of dogs; ask before a visit",
    "Goes to school with a companion",
    "Mother may call on Sundays, with a worker present",
)
SAFELY = (
    "Ring the office line of the house, never the family’s phone.",
    "No marked car at the school.",
    "Write by post to the office only.",
    "",
)
CONTACTS = (
    "Slept better this week and ate with the others.",
    "Quiet at first; drew for half an hour and then talked about school.",
    "Asked twice when the sister can visit.",
    "Back from school in a good mood; homework done together.",
    "Tired. Wants to change the room; spoken to the house about it.",
    "Played football with two others from the house.",
)
WISHES = (
    "To stay at the same school.",
    "To see my sister on Sundays.",
    "A room with a window to the garden.",
    "To learn to swim.",
    "Not to talk about it again with new people.",
    "",
)
SCHOOL = ("Back at school since Monday.", "A place in the fourth year was found.", "Reads well; needs help in maths.")
HEALTH = (
    "Weight and height checked; both in range.",
    "Teeth treated; next appointment in six months.",
    "Sleeps badly; advised on evenings without a screen.",
    "Vaccinations brought up to date.",
)
GOALS = (  # need, goal, own action, action of another team
    ("education", "Go to school every day", "Visit the school and agree on a companion", "Homework help twice a week"),
    ("mental_health", "Sleep through the night", "Talk with the house about evenings", "Weekly session for children"),
    ("family", "See the sister regularly", "Clear with the court who may visit", "Accompany the visits"),
    ("health", "Be up to date with all check-ups", "Book the dentist", "Accompany to the clinic"),
    (
        "social",
        "Find two friends outside the house",
        "Ask the football club for a place",
        "Holiday group in the summer",
    ),
    ("legal", "Have papers of her own", "Apply for the birth certificate", "Legal advice for the guardian"),
)
OUTCOMES = (
    "Went well; goes there by choice now.",
    "Took three attempts; settled since.",
    "Done, with the help of the school.",
)
REFERRED = (
    "Looks for a group after school, twice a week.",
    "Sleeps badly since the move; a first talk this month.",
    "Waits for papers; advice for child and guardian.",
)
DECLINES = ("no_place", "not_our_area", "language")
PLACES = ("with the grandmother", "with an aunt", "foster family in another town", "with the older brother")
REGIONS = {
    "farol": ("North coast", "Central hills", "South coast", "Capital area"),
    "costa": ("Eastern coast", "Inland"),
}
HOUSES = (
    "Aurora", "Bonanza", "Cais", "Duna", "Estrela", "Faia", "Gaivota", "Horta", "Ilha", "Jardim",
    "Laranjal", "Maré", "Nora", "Olival", "Pinhal", "Quinta", "Ribeira", "Serra", "Torre", "Urze",
    "Almendro", "Brisa", "Cala", "Encina", "Fuente", "Grana", "Higuera", "Jara", "Lago", "Mirador",
)  # fmt: skip
SERVICES = {  # kind: names
    "mental_health": ("Counselling for children", "Trauma group", "Art workshop", "Parents’ evening"),
    "education": ("Homework club", "Bridge classes", "School companion", "Reading circle"),
    "legal": ("Legal advice", "Guardian office", "Papers clinic"),
    "medical": ("Children’s clinic", "Dental day", "Mobile nurse"),
    "tracing": ("Family tracing desk", "Visits with a companion"),
    "livelihoods": ("First job workshop", "Sewing course"),
    "documents": ("Birth registration help",),
    "food": ("Community kitchen",),
    "items": ("Clothes store",),
}
TOWNS = ("North quarter", "Harbour quarter", "Old town", "Hill quarter", "River bank", "Station quarter", "Garden town")
