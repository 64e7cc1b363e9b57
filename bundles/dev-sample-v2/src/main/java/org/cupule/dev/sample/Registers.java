package org.cupule.dev.sample;

/** Offsets of the data sheet. */
final class Registers {
    static final int ID_VALUE = 0x4C50_5543;
    static final int BUFFER_BYTES = 4096;

    static final int ID = 0x000;
    static final int MODEL = 0x004;
    static final int FEATURES = 0x008;
    static final int RESET = 0x00C;
    static final int SCRATCH = 0x010;
    static final int MISUSE = 0x018;
    static final int DOORBELL = 0x01C;
    static final int POSITION = 0x020;
    static final int CAUSE = 0x040;
    static final int ENABLE = 0x044;
    static final int TRIGGER = 0x048;
    static final int VECTORS = 0x04C;
    static final int MESSAGES = 0x050;
    static final int DMA_SOURCE = 0x080;
    static final int DMA_TARGET = 0x088;
    static final int DMA_LENGTH = 0x090;
    static final int DMA_COMMAND = 0x094;
    static final int DMA_STATUS = 0x098;
    static final int DMA_SUM = 0x09C;
    static final int DMA_CRC = 0x0A0;
    static final int DMA_COUNT = 0x0A4;
    static final int DMA_DELAY = 0x0A8;
    static final int TIMER_PERIOD = 0x0C0;
    static final int TIMER_CONTROL = 0x0C4;
    static final int TIMER_TICKS = 0x0C8;
    static final int TIMER_TICKS_HIGH = 0x0CC;
    static final int NOW = 0x0D0;
    static final int HISTOGRAM = 0x100;
    static final int HISTOGRAM_END = 0x140;
    static final int LANES = 0x200;
    static final int LANES_END = 0x400;
    static final int BUFFER = 0x800;

    static final int PORT_ID = 0x00;
    static final int PORT_MODEL = 0x04;
    static final int PORT_SCRATCH = 0x08;
    static final int PORT_DOORBELL = 0x10;
    static final int PORT_CAUSE = 0x14;
    static final int PORT_DATA = 0x18;
    static final int PORT_POSITION = 0x1C;
    static final int PORT_LANES = 0x80;
    static final int LANE_READS = 0x08;

    private Registers() {
    }

    /** {@return the register of BAR 0 that a port offset mirrors, or -1} */
    static int mirrored(int port) {
        if (port >= PORT_LANES) {
            int lane = (port - PORT_LANES) / 8;
            return LANES + 32 * lane + ((port & 4) == 0 ? 0 : LANE_READS);
        }
        return switch (port) {
            case PORT_ID -> ID;
            case PORT_MODEL -> MODEL;
            case PORT_DOORBELL -> DOORBELL;
            case PORT_CAUSE -> CAUSE;
            case PORT_POSITION -> POSITION;
            default -> -1;
        };
    }
}
