#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# spice-client.py PORT: a real SPICE client (spice-gtk's library) without a
# screen. It connects to 127.0.0.1:PORT and tells, a line each:
#   connected PORT           the main channel is there
#   migration STATE          of the session, whenever it changes
#   closed EVENT             the main channel is gone
# It ends by a signal. Exit code 77: the library is not there.
import sys

try:
    import gi

    gi.require_version("SpiceClientGLib", "2.0")
    from gi.repository import GLib, GObject, SpiceClientGLib as Spice
except (ImportError, ValueError) as why:
    print(why, file=sys.stderr)
    sys.exit(77)


def tell(*words):
    print(*words, flush=True)


# (session.connect is the library's own.)
def listen(to, signal, function):
    GObject.Object.connect(to, signal, function)


def on_event(_channel, event):
    if event == Spice.ChannelEvent.OPENED:
        tell("connected", session.props.port)
    else:
        tell("closed", event.value_nick)


def on_channel(_session, channel):
    if isinstance(channel, Spice.MainChannel):
        listen(channel, "channel-event", on_event)
    Spice.Channel.connect(channel)


def on_migration(_session, _property):
    tell("migration", session.props.migration_state.value_nick)


session = Spice.Session(host="127.0.0.1", port=sys.argv[1], enable_audio=False)
listen(session, "channel-new", on_channel)
listen(session, "notify::migration-state", on_migration)
if not Spice.Session.connect(session):
    sys.exit("cannot connect")
GLib.MainLoop().run()
