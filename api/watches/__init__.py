"""Deadlines that ring: due instants are kept, judged again when they come, and told to a registered address.

A *watch* follows the running clocks of one stored verdict. Each clock is a *ring*: it waits for its due
instant, is judged again by the active edition as of the moment of the sweep, and is delivered, signed, until
the receiver takes it or too many attempts have failed.

**As of when.** A ring is judged as of now, not as of its due instant: at the due instant itself an inclusive
limit still runs, and what is told should be true when it is told. A ring comes due one second after an
inclusive limit (instants of judging are whole seconds) and on the instant of an exclusive one. A clock that
runs on all the same (an open pause, another edition) is looked at again when its new due instant has come.

**Newer facts.** A watch judges the facts of the verdict that it was given; `PUT /v1/watches/{id}` gives it a
newer verdict of the same ticket. A newer verdict of the ticket never replaces them by itself: verdicts are
also asked for with part of the facts, or to see what would be, and a deadline that such a question silences
would be missed without anybody's knowing. One that rings although the reply was made costs a look.

**Once or more.** What a ring says is judged once and kept; it is then delivered at least once, always with
the same `webhook-id` and the same body.
"""
