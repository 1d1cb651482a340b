"""What kind of mistake makes a result wrong? See docs/diagnosis.md."""
