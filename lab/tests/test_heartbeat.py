"""How often a cluster's restorable window moves."""

from daybreak_lab.volume import Volume


class Ticks:
    """A stop event that comes after so many ticks."""

    def __init__(self, count, on_tick=lambda: None):
        self.left = count
        self.on_tick = on_tick

    def wait(self, _seconds):
        self.left -= 1
        self.on_tick()
        return self.left < 0

    def is_set(self):
        return True


def beats(ticks, looks):
    """How many heartbeats a volume makes, looked at before every tick or never."""
    volume = Volume.__new__(Volume)
    volume._tick_seconds, volume._asked, volume._backups, volume._latest = 1, False, [], None
    made = []
    volume.flush = lambda: made.append(1)
    volume._beat(Ticks(ticks, (lambda: volume.window) if looks else lambda: None))
    return len(made)


def test_what_is_looked_at_beats_at_every_tick_and_what_is_not_at_every_twentieth():
    assert beats(100, looks=True) == 100
    assert beats(100, looks=False) == 5
