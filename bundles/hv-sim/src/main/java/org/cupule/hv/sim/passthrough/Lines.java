package org.cupule.hv.sim.passthrough;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.cupule.types.Bdf;
import org.jspecify.annotations.Nullable;

/**
 * How the INTx lines of assigned functions reach the guest.
 *
 * <pre>
 *  function A --.
 *               +--> line of the host (level: one of them is high) --set--> GSI of the guest
 *  function B --'
 * </pre>
 *
 * @threading any thread; its lock is held while the guest's lines are driven, which call nothing back
 */
final class Lines {
    private final GuestSide guest;
    private final Map<Bdf, Integer> wires = new HashMap<>();
    private final Map<Bdf, Boolean> levels = new HashMap<>();
    private final Map<Integer, Integer> ways = new TreeMap<>();

    Lines(GuestSide guest) {
        this.guest = guest;
    }

    /** A function whose pin hangs on a line of the host. */
    synchronized void add(Bdf function, int hostPin) {
        wires.put(function, hostPin);
    }

    /** A function leaves; the way of its line stays while another function hangs on it. */
    synchronized void remove(Bdf function) {
        level(function, false);
        levels.remove(function);
        Integer pin = wires.remove(function);
        if (pin != null && !wires.containsValue(pin)) {
            end(pin);
        }
    }

    /** The level of a function's pin changed. */
    synchronized void level(Bdf function, boolean high) {
        Integer pin = wires.get(function);
        if (pin == null) {
            return;
        }
        boolean before = high(pin);
        levels.put(function, high);
        boolean now = high(pin);
        Integer gsi = ways.get(pin);
        if (gsi != null && before != now) {
            guest.line(gsi, now);
        }
    }

    private boolean high(int pin) {
        return wires.entrySet().stream()
                .anyMatch(wire -> wire.getValue() == pin && levels.getOrDefault(wire.getKey(), false));
    }

    /** Leads a line of the host to a GSI; what led to that GSI or from that line before is ended. */
    synchronized void set(int hostPin, int gsi) {
        end(hostPin);
        ways.entrySet().removeIf(way -> way.getValue() == gsi && lowered(way.getKey(), gsi));
        ways.put(hostPin, gsi);
        if (high(hostPin)) {
            guest.line(gsi, true);
        }
    }

    /** Ends what leads to a GSI. */
    synchronized void reset(int gsi) {
        ways.entrySet().removeIf(way -> way.getValue() == gsi && lowered(way.getKey(), gsi));
    }

    private void end(int hostPin) {
        Integer gsi = ways.remove(hostPin);
        if (gsi != null) {
            lowered(hostPin, gsi);
        }
    }

    private boolean lowered(int hostPin, int gsi) {
        if (high(hostPin)) {
            guest.line(gsi, false);
        }
        return true;
    }

    /** {@return the GSI that a function's line leads to; null for none} */
    synchronized @Nullable Integer way(Bdf function) {
        Integer pin = wires.get(function);
        return pin == null ? null : ways.get(pin);
    }
}
