"""The words of the probe suite; every word that a grammar may write stands here or in a grammar's frame."""

# Sentiment: what is judged, and the words that judge it.
ASPECTS = ("plot", "cast", "music", "dialogue", "ending", "pacing", "script", "lighting", "story", "acting")
PRAISE = ("great", "good", "bright", "funny", "clever", "moving", "lovely", "strong", "fresh", "charming")
BLAME = ("dull", "bad", "bland", "boring", "clumsy", "awful", "ugly", "weak", "stale", "tedious")
INTENSIFIERS = ("really", "very", "quite", "truly")
NEGATORS = ("not", "never", "hardly", "not at all", "by no means")
AFFIRMING_CARRIERS = ("i think that", "i am quite sure that", "everyone would say that", "it is true that")
DENYING_CARRIERS = ("i do not think that", "i doubt that", "nobody would say that", "it is false that")

# Inference: kinds of things, and properties as trees; the values of a dimension exclude one another.
KINDS = {
    "container": ("jar", "box", "bottle", "basket"),
    "furniture": ("chair", "table", "desk", "shelf"),
    "instrument": ("drum", "flute", "violin", "piano"),
}
OPPOSITES = (
    ("new", "old"),
    ("clean", "dirty"),
    ("heavy", "light"),
    ("wet", "dry"),
    ("cheap", "expensive"),
    ("broken", "intact"),
)
TREES = (
    {"dark": ("black", "brown"), "pale": ("white", "beige")},
    {"wooden": ("oak", "pine"), "metallic": ("iron", "copper")},
    {"big": ("huge", "giant"), "small": ("tiny", "little")},
)

# Events: each entry lists synonyms; entries of one family are siblings.
PEOPLE = (
    (("doctor", "physician"), ("nurse",)),
    (("lawyer", "attorney"), ("judge",)),
    (("teacher", "instructor"), ("student",)),
    (("actor", "performer"), ("singer",)),
    (("farmer",), ("gardener",)),
    (("soldier",), ("sailor",)),
)
ACTIONS = (
    (("praised", "commended"), ("thanked",)),
    (("scolded", "rebuked"), ("insulted",)),
    (("helped", "assisted"), ("protected",)),
    (("followed", "trailed"), ("chased",)),
    (("visited",), ("greeted",)),
    (("called", "phoned"), ("contacted",)),
)
PLACES = (
    (("in the garden",), ("in the park",)),
    (("at the office", "at the workplace"), ("at the factory",)),
    (("in the hotel",), ("in the inn",)),
    (("at the station",), ("at the airport",)),
)
TIMES = (
    (("on monday",), ("on tuesday",)),
    (("at dawn", "at sunrise"), ("at noon",)),
    (("in spring",), ("in summer",)),
    (("last year",), ("last month",)),
)
LOOKS = ("tall", "young", "tired", "famous", "angry", "happy")

# Filler: sentences that no task's gold depends on.
FILLER_WHO = ("we", "they", "my friends", "our neighbours", "her brothers")
FILLER_DID = (
    "walked to the harbour",
    "drove through the valley",
    "cooked a soup",
    "read the paper",
    "crossed the bridge",
    "met a stranger",
)
FILLER_DID_NOT = (
    "had not slept",
    "had never met",
    "had hardly spoken",
    "had already eaten",
    "had just arrived",
    "had long retired",
)
FILLER_WHEN = ("before the rain", "after lunch", "during the week", "that evening", "for an hour", "without a word")
