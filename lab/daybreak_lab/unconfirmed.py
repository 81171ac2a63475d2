"""Questions that AWS's documents leave open, and which of the possible answers the lab gives."""

import threading

QUESTIONS = {
    "instance_in_creating_cluster": ("refused", "accepted"),
    "copied_cluster_snapshot_time": ("changes", "survives"),
    "local_copy_source": ("untold", "told"),
    "live_cluster_backups": ("unlisted", "listed"),
    "snapshot_restore_iam_authentication": ("off", "inherited"),
    "point_in_time_port": ("default", "inherited"),
    "restored_serverless_scaling": ("none", "inherited"),
    "password_without_instance": ("effective", "waits", "lost"),
    "cluster_insights": ("separate", "inherited"),
    "unknown_cluster_endpoint": ("refused", "empty"),
    "global_lag_dimensions": ("cluster", "cluster-and-source-region"),
}
"""Each question's answers, the default one first."""


class UnconfirmedError(Exception):
    """The answers given are not understood; the message names the question."""


class Unconfirmed:
    """The answers in force; may be changed while the lab runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers = {question: answers[0] for question, answers in QUESTIONS.items()}

    def is_(self, question: str, answer: str) -> bool:
        """Whether this is the answer in force."""
        with self._lock:
            return self._answers[question] == answer

    def change(self, answers: object) -> None:
        """Applies the answers given and keeps the others. All or nothing."""
        if not isinstance(answers, dict):
            raise UnconfirmedError("expected an object of answers per question")
        for question, answer in answers.items():
            if question not in QUESTIONS:
                raise UnconfirmedError(f"{question}: no such question; one of {', '.join(QUESTIONS)}")
            if answer not in QUESTIONS[question]:
                raise UnconfirmedError(f"{question}: expected one of {', '.join(QUESTIONS[question])}")
        with self._lock:
            self._answers.update(answers)

    def describe(self) -> dict[str, str]:
        """The answers in force."""
        with self._lock:
            return dict(self._answers)
