def test_init_writes_a_folder_that_validates(run, tmp_path):
    made = run("init", "my-model", "--into", tmp_path)
    folder = tmp_path / "my-model"
    assert (made.code, made.err) == (0, "")
    steps = [line.split() for line in made.out.splitlines()[1:]]
    assert [step[1] for step in steps if step[0] == "paretonlp"] == ["validate", "flops", "predict", "evaluate"]
    assert all(str(folder) in " ".join(step) for step in steps)
    assert run("validate", folder).code == 0
    before = (folder / "submission.yaml").read_bytes()
    again = run("init", "my-model", "--into", tmp_path)
    assert again.code == 1
    assert "folder-exists" in again.err
    assert (folder / "submission.yaml").read_bytes() == before
