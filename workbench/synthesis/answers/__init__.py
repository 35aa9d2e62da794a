"""From the rows of one question to the answer that a briefing prints, by the binding rules, with its choices and its words."""
