package org.cupule.dev.hotplug;

import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.HotPlugController;
import org.cupule.device.PortIo;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;

/**
 * The controller of the slots of PCI bus 00.
 *
 * <pre>
 *  +0  CHANGED   31:1 device n was put in, or pulled out: look at its configuration space       write 1 to clear
 *  +4  REMOVAL   31:1 device n is to go: let go of it, then eject it                            write 1 to clear
 *  +8  EJECT     31:1 device n may be taken away                                                write only
 *  +C  CONTROL   0 ARMED: a guest listens; its fall clears CHANGED and REMOVAL
 *                31:16 event, 15:8 status, 5:1 device: what came of a request, as ACPI's _OST says it    write only
 * </pre>
 *
 * <p>
 * Registers have 32 bits and can be accessed in bytes and words, too; what an access does not cover is left as it is.
 * The line is high while a bit of CHANGED or REMOVAL is set. A report is a write of 32 bits to CONTROL with ARMED set;
 * only ejections (events 3 and 103h) are of interest; a refusal answers the request, as an ejection does. Reports share
 * a register so that the window stays as it was before there were any: the models can be swapped both ways.
 *
 * @threading confined to the device's gate
 */
final class SlotController implements Device, PortIo, HotPlugController {
    static final StateSchema SCHEMA = StateSchema.first("pci-hotplug");
    static final int LENGTH = 16;

    private static final int CHANGED = 0;
    private static final int REMOVAL = 4;
    private static final int EJECT = 8;
    private static final int CONTROL = 12;
    private static final int REQUESTED_EJECTION = 0x03;
    private static final int OWN_EJECTION = 0x103;
    private static final int DONE = 0;
    private static final int IN_PROGRESS = 0x84;
    private static final int SLOTS = ~1;
    private static final int ARMED = 1;
    private static final int BITS = 32;
    private static final long BYTE = 0xFF;

    private final DeviceContext context;
    private int changed;
    private int removal;
    private int control;

    SlotController(DeviceContext context) {
        this.context = context;
    }

    @Override
    public void reset() {
        changed = 0;
        removal = 0;
        control = 0;
    }

    // ------------------------------------------------------------------ the machine's side

    private boolean armed() {
        return (control & ARMED) != 0;
    }

    @Override
    public void inserted(int slot) {
        change(slot);
    }

    /** Nobody need let go of it any more. */
    @Override
    public void removed(int slot) {
        removal &= ~bit(slot);
        change(slot);
    }

    private void change(int slot) {
        if (armed()) {
            changed |= bit(slot);
        }
        update();
    }

    @Override
    public boolean requestRemoval(int slot) {
        if (armed()) {
            removal |= bit(slot);
            update();
        }
        return armed();
    }

    private static int bit(int slot) {
        return 1 << slot & SLOTS;
    }

    private void update() {
        context.line(0, (changed | removal) != 0);
    }

    // ------------------------------------------------------------------ the guest's side

    @Override
    public int readPort(int window, int offset, int size) {
        int value = 0;
        for (int i = 0; i < size; i++) {
            int at = offset + i;
            value |= (register(at & ~3) >>> Byte.SIZE * (at & 3) & (int) BYTE) << Byte.SIZE * i;
        }
        return value;
    }

    private int register(int offset) {
        return switch (offset) {
            case CHANGED -> changed;
            case REMOVAL -> removal;
            case CONTROL -> control;
            default -> 0;
        };
    }

    @Override
    public void writePort(int window, int offset, int size, int value) {
        for (int at = offset & ~3; at < offset + size; at += 4) {
            int covered = (int) moved((1L << Byte.SIZE * size) - 1, offset - at);
            int part = (int) moved(value & 0xFFFF_FFFFL, offset - at) & covered;
            write(at, part, covered);
        }
        update();
    }

    /** {@return the bytes of an access as a register sees it that begins so many bytes before it, or behind it} */
    private static long moved(long bytes, int by) {
        return by >= 0 ? bytes << Byte.SIZE * by : bytes >>> Byte.SIZE * -by;
    }

    private void write(int register, int value, int covered) {
        switch (register) {
            case CHANGED -> changed &= ~value;
            case REMOVAL -> removal &= ~value;
            case EJECT -> eject(value & SLOTS);
            default -> {
                arm((control & ~covered | value) & ARMED);
                report(value);
            }
        }
    }

    private void eject(int slots) {
        removal &= ~slots;
        for (int slot = 1; slot < BITS; slot++) {
            if ((slots & bit(slot)) != 0) {
                context.machine().eject(slot);
            }
        }
    }

    /** What an access does not cover is 0 here: only a whole one has both an event and ARMED. */
    private void report(int value) {
        int event = value >>> Short.SIZE;
        int status = value >>> Byte.SIZE & (int) BYTE;
        int slot = value >>> 1 & BITS - 1;
        boolean ejection = event == REQUESTED_EJECTION || event == OWN_EJECTION;
        if (!ejection || slot == 0 || (value & ARMED) == 0) {
            return;
        }
        if (status != DONE && status != IN_PROGRESS) {
            removal &= ~bit(slot);
        }
        context.machine().ejection(slot, status);
    }

    private void arm(int next) {
        control = next;
        if (!armed()) {
            changed = 0;
            removal = 0;
        }
    }

    // ------------------------------------------------------------------ state

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        return ModelState.of(SCHEMA.kind(), 1).put("changed", changed & 0xFFFF_FFFFL)
                .put("removal", removal & 0xFFFF_FFFFL).put("control", control).build();
    }

    @Override
    public void restore(ModelState state) {
        if (!state.kind().equals(SCHEMA.kind()) || state.version() != 1) {
            throw new StateException("pci-hotplug reads version 1 of its own state, not %s version %d"
                    .formatted(state.kind(), state.version()));
        }
        control = (int) state.number("control", 0, ARMED);
        changed = (int) state.number("changed", 0, 0xFFFF_FFFFL) & SLOTS;
        removal = (int) state.number("removal", 0, 0xFFFF_FFFFL) & SLOTS;
    }
}
