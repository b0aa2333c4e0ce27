"""Attacks that end their process, each the body of a ``build_model``, with the verdict that it must get at every level.

``HONEST`` look like attacks and must pass.
"""

FLOOD = {
    "allocate_without_end": ("keep = []\nwhile True:\n    keep.append(bytearray(64 << 20))", "out-of-memory"),
    "share_memory_without_end": (
        "import mmap, time\nkeep = []\nwhile len(keep) < 200:\n    keep.append(mmap.mmap(-1, 64 << 20))\n"
        "    keep[-1].write(b'x' * (64 << 20))\ntime.sleep(60)",
        "out-of-memory",
    ),
    "fill_the_disk": (
        "import os, time\nfor number in range(2000):\n    name = os.path.join(os.environ['TMPDIR'], str(number))\n"
        "    open(name, 'wb').write(b'x' * (1 << 20))\ntime.sleep(60)",
        "out-of-disk",
    ),
    "write_one_file_without_end": (
        "import os\nwith open(os.path.join(os.environ['TMPDIR'], 'big'), 'wb') as file:\n"
        "    while True:\n        file.write(b'x' * (1 << 20))",
        "submitted-code",
    ),
    "print_without_end": ("while True:\n    print('x' * 100_000)", "submitted-code"),
    "open_files_without_end": ("keep = [open('/dev/null') for _ in range(100_000)]", "submitted-code"),
}
"""Exhaust a resource."""

HANG = {
    "sleep": ("import time\ntime.sleep(1000)", "out-of-time"),
    "compute_without_end": ("while True:\n    pass", "out-of-time"),
    "wait_for_a_lock": ("import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()", "out-of-time"),
    "ignore_signals": (
        "import signal, time\nfor number in (1, 2, 15):\n    signal.signal(number, signal.SIG_IGN)\ntime.sleep(1000)",
        "out-of-time",
    ),
}
"""Never come back."""

CRASH = {
    "end_at_once": ("import os\nos._exit(0)", "submitted-code-died"),
    "exit": ("raise SystemExit(0)", "submitted-code-died"),
    "abort": ("import os\nos.abort()", "submitted-code-died"),
    "read_address_zero": ("import ctypes\nctypes.string_at(0)", "submitted-code-died"),
    "recurse_without_end": ("def again():\n    again()\nagain()", "submitted-code"),
    "raise_what_is_no_error": ("raise KeyboardInterrupt", "submitted-code-died"),
    "call_of_another_machine": (
        "import ctypes, os\nif os.uname().machine != 'x86_64':\n    os.abort()\n"
        "ctypes.CDLL(None).syscall(0x40000000 + 39)\nos.abort()",
        "submitted-code-died",
    ),
}
"""End badly."""

ANSWER = {
    "say_nothing_and_leave": ("import os\nos.closerange(3, 100)\nos._exit(0)", "submitted-code-died"),
    "answer_no_json": (
        "import os\nfor number in range(3, 20):\n    try:\n        os.write(number, b'{]\\n')\n"
        "    except OSError:\n        continue",
        "no-answer",
    ),
    "answer_not_a_number": (
        "import os\nfor number in range(3, 20):\n    try:\n        os.write(number, b'{\"kind\": NaN}\\n')\n"
        "    except OSError:\n        continue",
        "no-answer",
    ),
    "answer_too_often": (
        'import os\nfor number in range(3, 20):\n    try:\n        os.write(number, b\'{"kind": "answer"}\\n\' * 3)\n'
        "    except OSError:\n        continue",
        "no-answer",
    ),
    "answer_too_much": (
        "import os\nwhile True:\n    for number in range(3, 20):\n        try:\n"
        "            os.write(number, b'x' * 65536)\n"
        "        except OSError:\n            continue",
        "answer-too-large",
    ),
    "answer_deeply": (
        "import os\nfor number in range(3, 20):\n    try:\n        os.write(number, b'[' * 100000 + b'\\n')\n"
        "    except OSError:\n        continue",
        "no-answer",
    ),
}
"""Misuse the way back."""

HONEST = {
    "write_scratch": "import tempfile\nwith tempfile.NamedTemporaryFile('w') as file:\n    file.write('notes')",
    "use_threads": "import threading\nthread = threading.Thread(target=print)\nthread.start()\nthread.join()",
    "compute_on_all_processors": "import torch\ntorch.ones(512, 512) @ torch.ones(512, 512)",
    "read_its_assets": "from pathlib import Path\n(Path(__file__).parent / 'assets' / 'targets.json').read_text()",
    "print_and_warn": "import warnings\nprint('hello')\nwarnings.warn('careful', stacklevel=2)",
    "ask_for_the_time": "import time, datetime\ntime.time(), datetime.datetime.now(datetime.UTC)",
    "draw_random_numbers": "import os, random, secrets\nos.urandom(8), random.random(), secrets.token_hex()",
    "import_what_it_never_uses": "import socket, subprocess, multiprocessing",
    "use_transformers": "from transformers import BertConfig, BertModel\nBertModel(BertConfig(num_hidden_layers=1))",
    "ask_who_it_is": "import os, platform\nos.getpid(), platform.machine(), os.cpu_count()",
}
