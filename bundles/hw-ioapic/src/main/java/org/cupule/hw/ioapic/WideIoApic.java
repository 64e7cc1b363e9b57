package org.cupule.hw.ioapic;

import java.util.Arrays;
import org.cupule.hardware.IoApic;
import org.cupule.hardware.IoApicContext;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;

/**
 * An I/O APIC of 48 pins.
 *
 * <pre>
 *  page  00 IOREGSEL (8 bits)   10 IOWIN   40 EOI (write-only)
 *  index 00 ID          27:24
 *        01 version      7:0 = 0x20, 23:16 = last entry
 *        02 arbitration 27:24
 *        10 + 2n, 11 + 2n  lower and upper half of entry n
 *
 *  edge at a pin:  masked? lost : delivered
 *  level at a pin: asserted and not masked and no remote IRR --> remote IRR set, delivered
 *                  looked at again when the line changes, at EOI, and when the entry is written
 * </pre>
 *
 * <p>
 * Source: 82093AA data sheet; {@code hsm.md} 10.2.
 *
 * @threading as {@link IoApic} says
 */
public final class WideIoApic implements IoApic {
    static final StateSchema SCHEMA = StateSchema.first("ioapic");

    private static final int PINS = 48;
    private static final int UNKNOWN = -1;
    private static final int IOREGSEL = 0x00;
    private static final int IOWIN = 0x10;
    private static final int EOI = 0x40;
    private static final int ID = 0;
    private static final int VERSION = 1;
    private static final int ARBITRATION = 2;
    private static final int FIRST_ENTRY = 0x10;
    private static final long LOW_HALF = 0xFFFF_FFFFL;

    private final IoApicContext context;
    private final long[] entries = new long[PINS];
    private long lines;
    private int select;
    private int id;

    WideIoApic(IoApicContext context) {
        this.context = context;
        reset();
    }

    @Override
    public int pins() {
        return PINS;
    }

    @Override
    public int read(int offset) {
        return switch (offset) {
            case IOREGSEL -> select;
            case IOWIN -> readSelected();
            default -> UNKNOWN;
        };
    }

    private int readSelected() {
        int pin = select - FIRST_ENTRY >> 1;
        if (select >= FIRST_ENTRY && pin < PINS) {
            return (int) (entries[pin] >>> (select & 1) * 32);
        }
        return switch (select) {
            case ID, ARBITRATION -> id << 24;
            case VERSION -> PINS - 1 << 16 | 0x20;
            default -> UNKNOWN;
        };
    }

    @Override
    public void write(int offset, int value) {
        switch (offset) {
            case IOREGSEL -> select = value & 0xFF;
            case IOWIN -> writeSelected(value);
            case EOI -> endOfInterrupt(value & 0xFF);
            default -> {
            } // nothing else is there
        }
    }

    private void writeSelected(int value) {
        int pin = select - FIRST_ENTRY >> 1;
        if (select == ID) {
            id = value >> 24 & 0xF;
        } else if (select >= FIRST_ENTRY && pin < PINS) {
            long word = value & LOW_HALF;
            long whole = (select & 1) == 0 ? entries[pin] & ~LOW_HALF | word : entries[pin] & LOW_HALF | word << 32;
            entries[pin] = RedirectionEntry.written(entries[pin], whole);
            holdLevel(pin);
        }
    }

    @Override
    public void line(int pin, boolean high) {
        if (pin < 0 || pin >= PINS || high(pin) == high) {
            return;
        }
        lines ^= 1L << pin;
        long entry = entries[pin];
        if (RedirectionEntry.level(entry)) {
            holdLevel(pin);
        } else if (RedirectionEntry.asserted(entry, high) && !RedirectionEntry.masked(entry)) {
            deliver(entry, false);
        }
    }

    private boolean high(int pin) {
        return (lines >>> pin & 1) != 0;
    }

    /** Delivers the level of a pin unless it is masked, or was delivered and has not ended. */
    private void holdLevel(int pin) {
        long entry = entries[pin];
        if (RedirectionEntry.level(entry) && RedirectionEntry.asserted(entry, high(pin))
                && !RedirectionEntry.masked(entry) && !RedirectionEntry.remoteIrr(entry)) {
            entries[pin] = entry | RedirectionEntry.REMOTE_IRR;
            deliver(entry, true);
        }
    }

    private void deliver(long entry, boolean level) {
        if (RedirectionEntry.deliverable(entry)) {
            context.deliver(RedirectionEntry.destination(entry), RedirectionEntry.logical(entry),
                    RedirectionEntry.deliveryMode(entry), RedirectionEntry.vector(entry), level);
        }
    }

    @Override
    public void endOfInterrupt(int vector) {
        for (int pin = 0; pin < PINS; pin++) {
            if (RedirectionEntry.remoteIrr(entries[pin]) && RedirectionEntry.vector(entries[pin]) == vector) {
                entries[pin] &= ~RedirectionEntry.REMOTE_IRR;
                holdLevel(pin);
            }
        }
    }

    @Override
    public void reset() {
        Arrays.fill(entries, RedirectionEntry.POWER_ON);
        select = 0;
        id = 0;
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        return ModelState.of("ioapic", 1).put("select", select).put("id", id).put("lines", lines)
                .put("entries", entries).build();
    }

    @Override
    public void restore(ModelState state) {
        select = (int) state.number("select", 0, 0xFF);
        id = (int) state.number("id", 0, 0xF);
        lines = state.number("lines", 0, (1L << PINS) - 1);
        long[] saved = state.longs("entries", PINS);
        for (int pin = 0; pin < PINS; pin++) {
            entries[pin] = checked(pin, saved[pin]);
        }
    }

    private static long checked(int pin, long entry) {
        boolean possible = (entry & ~(RedirectionEntry.WRITABLE | RedirectionEntry.REMOTE_IRR)) == 0
                && (RedirectionEntry.level(entry) || !RedirectionEntry.remoteIrr(entry));
        if (!possible) {
            throw new StateException("ioapic: field 'entries'[%d] is 0x%x".formatted(pin, entry));
        }
        return entry;
    }
}
