package org.cupule.dev.pmtimer;

import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.PortIo;
import org.cupule.device.PowerButton;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;
import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;

/**
 * The fixed hardware of ACPI.
 *
 * <pre>
 * 400  PM1 status    15 WAK | 10 RTC | 9 SLPBTN | 8 PWRBTN | 5 GBL | 4 BM | 0 TMR         write 1 to clear
 * 402  PM1 enable             10 RTC | 9 SLPBTN | 8 PWRBTN | 5 GBL        | 0 TMR
 * 404  PM1 control   13 SLP_EN (write only) | 12:10 SLP_TYP | 2 GBL_RLS (write only) | 1 BM_RLD | 0 SCI_EN (read only)
 * 406  nothing
 * 408  PM timer      24 or 32 bits at 3.579545 MHz, read only
 *
 *  B2  SMI command   0xA0 makes the block ACPI's (SCI_EN 1), 0xA1 takes it back        B3  a byte that is kept
 * CF9  reset         3 full | 2 reset, when it goes from 0 to 1 | 1 hard
 * </pre>
 *
 * <p>
 * The SCI is high while SCI_EN and a status bit with its enable bit are set. TMR is set each time the timer's highest
 * bit changes.
 *
 * @threading confined to the device's gate
 */
final class AcpiPm implements Device, PortIo, PowerButton {
    static final StateSchema SCHEMA = StateSchema.first("acpi-pm");
    static final long HERTZ = 3_579_545;

    private static final int SMI_WINDOW = 1;
    private static final int RESET_WINDOW = 2;
    private static final int STATUS = 0;
    private static final int ENABLE = 2;
    private static final int CONTROL = 4;
    private static final int TIMER = 8;

    private static final int TIMER_EVENT = 1 << 0;
    private static final int POWER_BUTTON = 1 << 8;
    private static final int STATUS_BITS = 0x8731;
    private static final int ENABLE_BITS = 0x0721;
    private static final int SCI_ENABLE = 1;
    private static final int CONTROL_BITS = 0x1C02;
    private static final int SLEEP_ENABLE = 1 << 13;
    private static final int SLEEP_TYPE_SHIFT = 10;

    private static final int ACPI_ENABLE = 0xA0;
    private static final int ACPI_DISABLE = 0xA1;
    private static final int RESET_BITS = 0x0E;
    private static final int RESET_CPU = 0x04;

    private final DeviceContext context;
    private final int timerBits;
    private final int offTypes;
    private final VmTimer timer;
    private int status;
    private int enable;
    private int control;
    private int smiCommand;
    private int smiStatus;
    private int resetControl;
    private long seen;

    AcpiPm(DeviceContext context, int timerBits, int offTypes) {
        this.context = context;
        this.timerBits = timerBits;
        this.offTypes = offTypes;
        timer = context.timer("overflow", this::update);
    }

    @Override
    public void reset() {
        status = 0;
        enable = 0;
        control = 0;
        smiCommand = 0;
        smiStatus = 0;
        resetControl = 0;
        seen = ticks();
    }

    private long ticks() {
        return VmClock.ticks(context.clock().nanos(), HERTZ);
    }

    /** {@return how often the timer's highest bit has changed} */
    private long changes(long ticks) {
        return ticks >>> timerBits - 1;
    }

    @Override
    public void press() {
        status |= POWER_BUTTON;
        update();
    }

    @Override
    public int readPort(int window, int offset, int size) {
        catchUp();
        int value = 0;
        for (int i = 0; i < size; i++) {
            value |= readByte(window, offset + i) << 8 * i;
        }
        return value;
    }

    private int readByte(int window, int offset) {
        return switch (window) {
            case SMI_WINDOW -> offset == 0 ? smiCommand : smiStatus;
            case RESET_WINDOW -> resetControl;
            default -> (int) (register(offset & ~1) >> 8 * (offset & 1)) & 0xFF;
        };
    }

    private long register(int offset) {
        return switch (offset) {
            case STATUS -> status;
            case ENABLE -> enable;
            case CONTROL -> control;
            case TIMER -> ticks() & (1L << timerBits) - 1;
            case TIMER + 2 -> (ticks() & (1L << timerBits) - 1) >> 16;
            default -> 0;
        };
    }

    @Override
    public void writePort(int window, int offset, int size, int value) {
        catchUp();
        switch (window) {
            case SMI_WINDOW -> writeSmi(offset, size, value);
            case RESET_WINDOW -> writeReset(value);
            default -> writePm(offset, size, value);
        }
        update();
    }

    /** Splits an access into 16-bit registers; bytes that it does not cover are written as they are, or as 0. */
    private void writePm(int offset, int size, int value) {
        for (int at = offset & ~1; at < offset + size; at += 2) {
            int shift = 8 * (at - offset);
            long part = shift >= 0 ? (value & 0xFFFF_FFFFL) >>> shift : (value & 0xFFFF_FFFFL) << -shift;
            int covered = (at >= offset ? 0x00FF : 0) | (at + 1 >= offset && at + 1 < offset + size ? 0xFF00 : 0);
            writeRegister(at, (int) part & covered, covered);
        }
    }

    private void writeRegister(int register, int value, int covered) {
        switch (register) {
            case STATUS -> status &= ~value;
            case ENABLE -> enable = (enable & ~covered | value) & ENABLE_BITS;
            case CONTROL -> writeControl(value, covered);
            default -> {
                // the timer is for reading
            }
        }
    }

    private void writeControl(int value, int covered) {
        control = control & SCI_ENABLE | (control & ~covered | value) & CONTROL_BITS;
        int type = control >> SLEEP_TYPE_SHIFT & 7;
        if ((value & SLEEP_ENABLE) != 0 && (offTypes >> type & 1) != 0) {
            context.machine().powerOff();
        }
    }

    private void writeSmi(int offset, int size, int value) {
        if (offset == 0) {
            smiCommand = value & 0xFF;
            control = switch (smiCommand) {
                case ACPI_ENABLE -> control | SCI_ENABLE;
                case ACPI_DISABLE -> control & ~SCI_ENABLE;
                default -> control;
            };
        }
        if (offset + size > 1) {
            smiStatus = value >> 8 * (1 - offset) & 0xFF;
        }
    }

    private void writeReset(int value) {
        boolean rises = (value & ~resetControl & RESET_CPU) != 0;
        resetControl = value & RESET_BITS;
        if (rises) {
            context.machine().reset();
        }
    }

    /** Sets TMR when the timer's highest bit has changed since somebody last looked. */
    private void catchUp() {
        long now = ticks();
        if (changes(now) != changes(seen)) {
            status |= TIMER_EVENT;
        }
        seen = now;
    }

    private void update() {
        catchUp();
        boolean acpi = (control & SCI_ENABLE) != 0;
        context.line(0, acpi && (status & enable) != 0);
        if (acpi && (enable & ~status & TIMER_EVENT) != 0) {
            timer.arm(VmClock.nanosAt(changes(seen) + 1 << timerBits - 1, HERTZ));
        } else {
            timer.disarm();
        }
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        return ModelState.of(SCHEMA.kind(), 1).put("status", status).put("enable", enable).put("control", control)
                .put("smiCommand", smiCommand).put("smiStatus", smiStatus).put("resetControl", resetControl)
                .put("seen", seen).build();
    }

    @Override
    public void restore(ModelState state) {
        if (!state.kind().equals(SCHEMA.kind()) || state.version() != 1) {
            throw new StateException("acpi-pm reads version 1 of its own state, not %s version %d"
                    .formatted(state.kind(), state.version()));
        }
        status = (int) state.number("status", 0, STATUS_BITS) & STATUS_BITS;
        enable = (int) state.number("enable", 0, ENABLE_BITS) & ENABLE_BITS;
        control = (int) state.number("control", 0, CONTROL_BITS | SCI_ENABLE);
        smiCommand = (int) state.number("smiCommand", 0, 0xFF);
        smiStatus = (int) state.number("smiStatus", 0, 0xFF);
        resetControl = (int) state.number("resetControl", 0, RESET_BITS);
        seen = state.number("seen", 0, 1L << 55);
    }
}
