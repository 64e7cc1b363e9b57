package org.cupule.hv.sim.passthrough;

import java.util.List;
import org.cupule.pci.BarSpec;
import org.cupule.pci.BarSpec.Kind;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.types.Bdf;

/**
 * A port of a multi-port serial adapter (9710:9900) with nobody at the other end: a 16550 whose registers are all
 * there, which sends at once and receives nothing but what it sends to itself.
 *
 * <pre>
 *  region 0   +0 data / divisor low   +1 interrupt enable / divisor high   +2 identification / FIFO control
 *             +3 line control         +4 modem control   +5 line status   +6 modem status   +7 scratch
 *  region 1   MSI-X table and pending bits, 1 vector
 * </pre>
 *
 * <p>
 * Source: the 16550's data sheet (National Semiconductor PC16550D, "Registers").
 *
 * @threading any thread
 */
final class SerialPort extends Function {
    static final int VENDOR = 0x9710;
    static final int DEVICE = 0x9900;

    private static final int CLASS_16550 = 0x07_0002;
    private static final int SUBSYSTEM_VENDOR = 0xA000;
    private static final int SUBSYSTEM = 0x1000;
    private static final int TABLE = 1;
    private static final int INTERRUPT_ENABLE = 1;
    private static final int IDENTIFICATION = 2;
    private static final int LINE_CONTROL = 3;
    private static final int MODEM_CONTROL = 4;
    private static final int LINE_STATUS = 5;
    private static final int MODEM_STATUS = 6;
    private static final int DIVISOR_ACCESS = 0x80;
    private static final int LOOP = 0x10;
    private static final int DATA_READY = 0x01;
    private static final int SENDER_EMPTY = 0x60;
    private static final int NO_INTERRUPT = 0x01;
    private static final int FIFOS_ON = 0xC0;

    private final MsixTable messages;
    private final int[] registers = new int[8];
    private final int[] divisor = new int[2];
    private int looped = -1;
    private boolean fifos;
    private volatile int capability;

    SerialPort(Bdf guest, GuestSide side) {
        super(guest, new PciFunctionSpec(VENDOR, DEVICE, CLASS_16550, 0, SUBSYSTEM_VENDOR, SUBSYSTEM,
                List.of(new BarSpec(0, Kind.MEMORY32, 4096), new BarSpec(TABLE, Kind.MEMORY32, MsixTable.REGION_BYTES)),
                0, 0, List.of(MsixTable.capability(1, TABLE))));
        this.messages = new MsixTable(1, side::message);
    }

    @Override
    void plugged(org.cupule.pci.PciFunction slot, java.util.function.IntUnaryOperator find) {
        capability = find.applyAsInt(MsixTable.ID);
    }

    @Override
    int readConfig(int register, int size, int fromBus) {
        return messages.readConfig(capability, register, size, fromBus);
    }

    @Override
    void wroteConfig(int register, int size, int value) {
        messages.writeConfig(capability, register, size, value);
    }

    @Override
    public long read(int region, long offset, int size) {
        return region == TABLE ? messages.read(offset, size) : offset < registers.length ? read((int) offset) : 0;
    }

    private synchronized int read(int register) {
        boolean toDivisor = (registers[LINE_CONTROL] & DIVISOR_ACCESS) != 0;
        return switch (register) {
            case 0 -> toDivisor ? divisor[0] : taken();
            case INTERRUPT_ENABLE -> toDivisor ? divisor[1] : registers[INTERRUPT_ENABLE];
            case IDENTIFICATION -> NO_INTERRUPT | (fifos ? FIFOS_ON : 0);
            case LINE_STATUS -> SENDER_EMPTY | (looped >= 0 ? DATA_READY : 0);
            case MODEM_STATUS -> modemStatus();
            default -> registers[register];
        };
    }

    private int taken() {
        int value = Math.max(looped, 0);
        looped = -1;
        return value;
    }

    /**
     * In loop mode the outputs of the modem control register come back: RTS to CTS, DTR to DSR, OUT1 to RI, OUT2 to
     * DCD.
     */
    private int modemStatus() {
        int outputs = registers[MODEM_CONTROL];
        return (outputs & LOOP) == 0
                ? 0
                : (outputs & 2) << 3 | (outputs & 1) << 5 | (outputs & 4) << 4 | (outputs & 8) << 4;
    }

    @Override
    public void write(int region, long offset, int size, long value) {
        if (region == TABLE) {
            messages.write(offset, size, value);
        } else if (offset < registers.length) {
            write((int) offset, (int) value & 0xFF);
        }
    }

    private synchronized void write(int register, int value) {
        boolean toDivisor = (registers[LINE_CONTROL] & DIVISOR_ACCESS) != 0;
        switch (register) {
            case 0 -> data(toDivisor, value);
            case INTERRUPT_ENABLE -> {
                if (toDivisor) {
                    divisor[1] = value;
                } else {
                    registers[INTERRUPT_ENABLE] = value & 0xF;
                }
            }
            case IDENTIFICATION -> fifos = (value & 1) != 0;
            case MODEM_CONTROL -> registers[MODEM_CONTROL] = value & 0x1F;
            case LINE_STATUS, MODEM_STATUS -> {
                // read only
            }
            default -> registers[register] = value;
        }
    }

    private void data(boolean toDivisor, int value) {
        if (toDivisor) {
            divisor[0] = value;
        } else if ((registers[MODEM_CONTROL] & LOOP) != 0) {
            looped = value;
        }
    }

    @Override
    synchronized void reset() {
        messages.reset();
        java.util.Arrays.fill(registers, 0);
        java.util.Arrays.fill(divisor, 0);
        looped = -1;
        fifos = false;
    }

    @Override
    void close() {
        // nothing is held
    }
}
