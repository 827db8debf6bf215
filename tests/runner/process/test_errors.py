"""What an error says holds no password."""

from runner.process.errors import masked


def test_passwords_of_addresses_are_masked():
    text = "uri: postgresql://me:{}@db:5432/runs, http://host:5000/a@b"
    for password in ("p4ss", "p@4:ss"):
        assert masked(text.format(password)) == text.format("***")
