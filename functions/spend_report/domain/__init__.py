"""What the product knows, without any input or output.

Rooms on floors, of which each knows only those below it: `messages`, `reports`, `judgement`,
`figures`, then `runs` and `config` side by side, `prices`, and `basics` at the bottom.
"""
