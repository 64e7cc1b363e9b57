package org.cupule.machine.device;

import java.util.Arrays;
import org.cupule.hsm.interrupt.Interrupts;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a device has asked for during one call: line levels, messages and one request to the machine. It is passed on,
 * in order, when the call has left the device. Nothing is allocated.
 *
 * @threading confined to the device's gate
 */
final class Effects {
    private static final Logger LOG = LoggerFactory.getLogger(Effects.class);
    private static final int CAPACITY = 64;
    private static final int NONE = 0;
    private static final int POWER_OFF = 1;
    private static final int RESET = 2;
    private static final int EXIT = 3;

    /** Line index times two plus level; meaningless where there is a message. */
    private final int[] levels = new int[CAPACITY];
    private final @Nullable Msi[] messages = new Msi[CAPACITY];
    private int count;
    private int request;
    private int status;
    private int ejected;
    private int reported;
    /** For each slot of {@link #reported}: how its ejection is. */
    private final byte[] reports = new byte[Integer.SIZE];

    void line(int index, boolean high) {
        makeRoom();
        levels[count++] = index << 1 | (high ? 1 : 0);
    }

    void message(Msi msi) {
        makeRoom();
        messages[count++] = msi;
    }

    /** The first request of a call counts: it ends what a later one could ask for. */
    void powerOff() {
        request = request == NONE ? POWER_OFF : request;
    }

    void reset() {
        request = request == NONE ? RESET : request;
    }

    void exit(int wanted) {
        if (request == NONE) {
            request = EXIT;
            status = wanted;
        }
    }

    /** All slots of a call count. */
    void eject(int slot) {
        ejected |= 1 << slot;
    }

    /** The last report of a slot counts. */
    void ejection(int slot, int how) {
        reported |= 1 << slot;
        reports[slot] = (byte) how;
    }

    /**
     * A device that asks for more than 64 things in one call loses the transitions between the first and the last level
     * of its lines, and doubles of its messages: both would merge in the interrupt controllers too.
     */
    private void makeRoom() {
        if (count < CAPACITY) {
            return;
        }
        int kept = 0;
        for (int i = 0; i < CAPACITY; i++) {
            if (!repeatedAfter(i)) {
                levels[kept] = levels[i];
                messages[kept++] = messages[i];
            }
        }
        Arrays.fill(messages, kept, CAPACITY, null);
        count = Math.min(kept, CAPACITY - 1);
    }

    private boolean repeatedAfter(int position) {
        Msi msi = messages[position];
        for (int i = position + 1; i < CAPACITY; i++) {
            Msi later = messages[i];
            if (msi == null ? later == null && levels[i] >> 1 == levels[position] >> 1 : msi.equals(later)) {
                return true;
            }
        }
        return false;
    }

    /** Passes all of it on, but for what faults swallow. */
    void flush(LineDriver[] drivers, Interrupts interrupts, Requests requests, @Nullable Interposer faults) {
        for (int i = 0; i < count; i++) {
            Msi msi = messages[i];
            if (msi == null) {
                drivers[levels[i] >> 1].drive((levels[i] & 1) != 0, levels[i] >> 1, faults);
            } else {
                messages[i] = null;
                if (faults == null || !faults.loses(Interposer.MESSAGE)) {
                    send(msi, interrupts);
                }
            }
        }
        count = 0;
        if (ejected != 0) {
            int slots = ejected;
            ejected = 0;
            requests.ejected(slots);
        }
        if (reported != 0) {
            report(requests);
        }
        if (request != NONE) {
            ask(requests);
        }
    }

    private void report(Requests requests) {
        int slots = reported;
        reported = 0;
        for (int slot = 0; slot < Integer.SIZE; slot++) {
            if ((slots & 1 << slot) != 0) {
                requests.ejection(slot, Byte.toUnsignedInt(reports[slot]));
            }
        }
    }

    boolean empty() {
        return count == 0 && request == NONE && (ejected | reported) == 0;
    }

    /** Forgets all of it. */
    void clear() {
        Arrays.fill(messages, null);
        count = 0;
        request = NONE;
        ejected = 0;
        reported = 0;
    }

    static void send(Msi msi, Interrupts interrupts) {
        try {
            interrupts.msi(msi);
        } catch (HsmException e) {
            // The guest programmed an address that is none: on a PC such a write goes nowhere.
            LOG.debug("{}: {}", msi, e.getMessage());
        }
    }

    private void ask(Requests requests) {
        int asked = request;
        request = NONE;
        switch (asked) {
            case POWER_OFF -> requests.powerOff();
            case RESET -> requests.resetRequested();
            default -> requests.exit(status);
        }
    }
}
