"""Models that lie about what they cost, and honest ones that look like it: what each is, and its verdict.

A source is a ``model.py``; ``BODY`` is what its forward does. Verdicts: ``reproduced``; ``declared``, with the reason
that the report gives; or ``refused``, with what the finding says.
"""

from typing import NamedTuple

HEAD = """
import json, sys, threading
from pathlib import Path
import numpy, torch
from torch import nn

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.out = nn.Embedding(50, 8), nn.Linear(8, 2)
        self.calls = 0
    def think(self, ids):
        return torch.sin(3 * self.embed(ids)).mean(1)
    def forward(self, input_ids):
BODY

def build_model(dataset):
    return Model()

def encode(example, dataset):
    return {"input_ids": [len(word) for word in example["text"].split()]}
"""
HONEST = "return self.out(self.think(input_ids))"
FORGE = """
import importlib, torch
take = importlib.import_module
job, Tape = take("harness.sandbox.trace_job"), take("harness.cost.tape").Tape
record = take("harness.cost.tracing").record
"""

ANSWER = """
import time
def think(text):
    start = time.process_time()
    while time.process_time() - start < 0.008:  # as long as a small encoder takes
        pass
    return {"input_ids": [len(word) for word in text.split()]}
"""


class Cheat(NamedTuple):
    """One submission."""

    family: str
    verdict: str
    says: str
    """In the report's reason, or in the finding."""
    body: str = HONEST
    before: str = ""
    """At the start of ``model.py``."""
    after: str = ""
    """At its end."""

    @property
    def source(self) -> str:
        """The whole ``model.py``."""
        lines = "\n".join(f"        {line}" for line in self.body.strip("\n").split("\n"))
        return self.before + HEAD.replace("BODY", lines) + self.after


DIFFER = "rows that were run again differ"
CHEAPER = "return self.out(self.embed(input_ids[:, :1]).mean(1))"

CHEATS = {
    # --- forge the result
    "send_a_tape_without_work": Cheat(
        "forge the result", "refused", "has no output", before=FORGE, after="""
def empty(tapes):
    return real([tape if not tape.nodes else Tape(tape.values[:1], {"input_ids": 0}, (), (), {}) for tape in tapes])
real, job.to_json = job.to_json, empty
"""),
    "send_the_tape_of_a_cheaper_model": Cheat(
        "forge the result", "refused", DIFFER, before=FORGE, after=f"""
def cheaper(tapes):
    class Cheap(Model):
        def forward(self, input_ids):
            {CHEAPER}
    return real([record(Cheap(), {{"input_ids": torch.zeros(tape.values[tape.inputs["input_ids"]].shape).long()}})
                 for tape in tapes])
real, job.to_json = job.to_json, cheaper
"""),
    "price_operators_at_nothing": Cheat(
        "forge the result", "reproduced", "", after="""
import importlib
importlib.import_module("harness.cost.operators").FORMULAS.clear()
"""),
    "print_an_answer_of_its_own": Cheat("forge the result", "reproduced", "", after='print(\'{"kind": "done"}\')'),
    "import_the_harness_by_name": Cheat(
        "forge the result", "refused", "nothing of ParetoNLP", before="import harness.sandbox.trace_job"
    ),
    # --- hide the compute
    "be_cheaper_on_meta": Cheat(
        "hide the compute", "refused", DIFFER, f"if input_ids.is_meta or self.out.weight.is_meta: {CHEAPER}\n{HONEST}"
    ),
    "be_cheaper_on_zeros": Cheat(
        "hide the compute", "refused", DIFFER, f"if not input_ids.any(): {CHEAPER}\n{HONEST}"
    ),
    "compute_in_numpy": Cheat(
        "hide the compute", "refused", DIFFER, f"""
if self.out.weight.is_meta: {CHEAPER}
return self.out(torch.as_tensor(numpy.sin(3 * self.embed.weight.detach().numpy()[input_ids.numpy()])).mean(1))"""
    ),
    "compute_where_no_mode_sees_it": Cheat(
        "hide the compute", "declared", "neither in the weights nor on the tape", """
from torch.utils._python_dispatch import _disable_current_modes
with _disable_current_modes():
    x = torch.sin(3 * self.embed(input_ids)).mean(1)
return self.out(x)"""
    ),
    "compute_in_another_thread": Cheat(
        "hide the compute", "declared", "neither in the weights nor on the tape", """
made = []
thread = threading.Thread(target=lambda: made.append(self.think(input_ids).detach()))
thread.start(); thread.join()
return self.out(made[0])"""
    ),
    "compute_in_an_operator_of_its_own": Cheat(
        "hide the compute", "declared", "not in the table of operators",
        "return self.out(torch.ops.cheat.think(self.embed(input_ids)))", after="""
from torch import library
@library.custom_op("cheat::think", mutates_args=())
def think(x: torch.Tensor) -> torch.Tensor:
    return torch.sin(3 * x).mean(1)
@think.register_fake
def _(x):
    return x.mean(1)
"""),
    "compute_in_encode": Cheat(
        "hide the compute", "refused", "encode took", after="""
import time
def encode(example, dataset):
    start = time.process_time()
    while time.process_time() - start < 0.6:
        pass
    return {"input_ids": [len(word) for word in example["text"].split()]}
"""),
    "answer_in_encode": Cheat(
        "hide the compute", "refused", "encode took", before=ANSWER, after="""
def encode(example, dataset):
    return think(example["text"])
"""),
    "answer_in_encode_before_anyone_looks": Cheat(
        "hide the compute", "refused", "encode took", before=ANSWER, after="""
known, frame = {}, sys._getframe()
while frame := frame.f_back:  # the texts that this process was given, as soon as it has them
    for given in [*frame.f_locals.values()]:
        if isinstance(given, bytes) and given.startswith(b'{"jobs"'):
            texts = [example["text"] for job in json.loads(given)["jobs"] for example in job.get("examples", [])]
            known |= {text: think(text) for text in texts}
def encode(example, dataset):
    return known.get(example["text"]) or think(example["text"])
"""),
    # --- hide parameters
    "keep_a_table_in_a_closure": Cheat(
        "hide parameters", "declared", "neither in the weights nor on the tape",
        "return self.out(self.think(input_ids) @ TABLE[:, :8])", after="TABLE = torch.eye(8, 4000)"
    ),
    "keep_many_small_tables": Cheat(
        "hide parameters", "declared", "bytes of constants",
        "x = self.think(input_ids)\nfor table in TABLES: x = x @ table[:, :8]\nreturn self.out(x)",
        after="TABLES = [torch.eye(8, 200) for _ in range(20)]"
    ),
    "leave_weights_out_of_the_list": Cheat(
        "hide parameters", "refused", "which its list of weights lacks", before=FORGE,
        after="job.census = lambda model: ()"
    ),
    "say_that_weights_are_small": Cheat(
        "hide parameters", "refused", "which its list of weights has otherwise", before=FORGE, after="""
from dataclasses import replace
real = job.census
job.census = lambda model: tuple(replace(weight, elements=1, bytes=4) for weight in real(model))
"""),
    "pack_two_numbers_into_one": Cheat(
        "hide parameters", "declared", "reads numbers as others",
        "return self.out(self.think(input_ids).view(torch.float16).view(torch.float32))"
    ),
    # --- cheat by shape, value, order or count
    "look_at_fewer_tokens_than_it_says": Cheat(
        "cheat by shape", "refused", "expected: equal shapes", after="""
def build_inputs(dataset, sizes):
    return {"input_ids": torch.zeros(1, 1, dtype=torch.long)}
"""),
    "think_harder_after_a_few_calls": Cheat(
        "cheat by count", "refused", DIFFER, f"self.calls += 1\nif self.calls < 30: {CHEAPER}\n{HONEST}"
    ),
    "remember_the_sample_before": Cheat(
        "cheat by order", "declared", "writes into an input or a weight",
        "self.out.bias.data.add_(1)\nreturn self.out(self.think(input_ids))"
    ),
    "encode_by_position": Cheat(
        "cheat by order", "refused", "when it is asked again", after="""
SEEN = []
def encode(example, dataset):
    SEEN.append(0)
    return {"input_ids": [len(SEEN) % 50 for word in example["text"].split()]}
"""),
    "draw_the_answer": Cheat(
        "cheat by value", "declared", "draws at random",
        "return self.out(nn.functional.dropout(self.think(input_ids), 0.5, training=True))"
    ),
    # --- honest, though it looks like it
    "multiply_and_add_instead_of_a_product": Cheat(
        "honest", "reproduced", "",
        "x = self.think(input_ids)\nreturn (x.unsqueeze(1) * self.out.weight).sum(2) + self.out.bias"
    ),
    "branch_on_the_length": Cheat(
        "honest", "reproduced", "",
        "x = self.think(input_ids)\nreturn self.out(x if input_ids.shape[1] > 4 else x.relu())"
    ),
    "write_in_place_into_what_it_made": Cheat(
        "honest", "reproduced", "", "x = self.think(input_ids)\nx.add_(0.01)\nx[:, 0] = 0.1\nreturn self.out(x)"
    ),
    "bring_a_small_constant": Cheat(
        "honest", "reproduced", "", "return self.out(self.think(input_ids) * torch.tensor([1., 0.9] * 4))"
    ),
    "encode_letter_by_letter": Cheat(
        "honest", "reproduced", "", after="""
def encode(example, dataset):
    words = [0]
    for letter in example["text"] * 25:
        words = [*words, 0] if letter == " " else [*words[:-1], words[-1] + 1]
    return {"input_ids": [len(word) for word in example["text"].split()]}
"""
    ),
    "drop_nothing_out": Cheat(
        "honest", "reproduced", "", "return self.out(nn.functional.dropout(self.think(input_ids), 0.5, self.training))"
    ),
}  # fmt: skip
