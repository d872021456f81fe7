"""A test suite as many have one: each test has a directory, makes small files in it, copies, renames and removes them, and some run a program. In $TMPDIR."""
import io, json, os, shutil, subprocess, sys, tempfile, unittest

NOTES, CASES = 12, 30


class Store:
    """Notes as files in folders, with an index: what is tested."""

    def __init__(self, directory):
        self.directory = directory
        os.makedirs(os.path.join(directory, "notes", "old"))

    def path(self, name):
        return os.path.join(self.directory, "notes", name)

    def add(self, name, text):
        with open(self.path(name) + ".part", "w") as file:
            file.write(text)
        os.rename(self.path(name) + ".part", self.path(name))

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def index(self):
        names = sorted(name for name in os.listdir(self.path("")) if os.path.isfile(self.path(name)))
        with open(os.path.join(self.directory, "index.json"), "w") as file:
            json.dump(names, file)
        return names


class Notes(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.place)
        self.store = Store(os.path.join(self.place, "store"))
        for number in range(NOTES):
            self.store.add("n%d" % number, "text %d\n" % number)


def case(number):
    def test(self):
        store = self.store
        self.assertEqual(len(store.index()), NOTES)
        copy = shutil.copytree(store.directory, os.path.join(self.place, "copy"))
        self.assertEqual(sorted(os.listdir(copy)), ["index.json", "notes"])
        os.rename(store.path("n1"), store.path("old/n1"))
        os.chmod(store.path("n2"), 0o600)
        os.unlink(store.path("n3"))
        self.assertRaises(FileNotFoundError, store.read, "n3")
        self.assertEqual(store.read("n%d" % (4 + number % 8)), "text %d\n" % (4 + number % 8))
        self.assertEqual(len(store.index()), NOTES - 2)
        if number % 5 == 0:
            count = subprocess.run(["sh", "-c", "cat n4 n5 | wc -l"], cwd=store.path(""), capture_output=True, text=True)
            self.assertEqual(count.stdout.strip(), "2")

    return test


for number in range(CASES):
    setattr(Notes, "test_%02d" % number, case(number))

said = io.StringIO()
result = unittest.TextTestRunner(stream=said).run(unittest.defaultTestLoader.loadTestsFromTestCase(Notes))
if not result.wasSuccessful():
    sys.exit(said.getvalue())
