"""Releases."""

from django.db import models

from corpus.models import Project
from releases.spec import FILES, MANIFEST


class Release(models.Model):
    """An immutable export: files in a folder, with a copy of the manifest here."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    version = models.CharField(max_length=60)
    folder = models.TextField()
    rows = models.PositiveIntegerField()
    manifest = models.JSONField()
    manifest_sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "version"], name="one_release_a_version")]

    def __str__(self) -> str:
        return f"{self.project} {self.version}"

    @property
    def is_of_own_policy(self) -> bool:
        """Whether it was made under the policy that its project has now: another one labels what is disputed."""
        return bool(self.manifest["policy"]["name"] == self.project.policy)

    @property
    def policy_name(self) -> str:
        """Return the name of the policy on pages."""
        name: str = self.manifest["policy"]["name"]
        return str(Project.Policy(name).label) if name in Project.Policy else name

    @property
    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of each file of the release by name: data first, then papers, then the manifest."""
        files = {name: file["sha256"] for name, file in self.manifest["files"].items()}
        places = {name: at for at, name in enumerate(FILES)}
        names = sorted(files, key=lambda name: (places.get(name, len(places)), name))  # JSONB keeps no order
        return {name: files[name] for name in names} | {MANIFEST: self.manifest_sha256}
