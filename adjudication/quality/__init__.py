"""What is measured of a project's opinions, one module a report; adjudication.measuring does so in the background."""
