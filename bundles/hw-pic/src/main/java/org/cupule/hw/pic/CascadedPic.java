package org.cupule.hw.pic;

import org.cupule.hardware.Pic;
import org.cupule.hardware.PicContext;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;

/**
 * Two 8259A, the slave's output at input 2 of the master.
 *
 * <pre>
 *  irq 8..15 --> slave --INT--+
 *                             v
 *  irq 0 1 ------------------ 2 --- 3..7 --> master --INTR--> processor
 * </pre>
 *
 * @threading as {@link Pic} says
 */
public final class CascadedPic implements Pic {
    static final StateSchema SCHEMA = StateSchema.first("pic");

    private static final int CASCADE = 2;
    /** Timer, keyboard and the cascade are edge-triggered always; so are the real-time clock and the coprocessor. */
    private static final int MASTER_LEVEL_INPUTS = 0xF8;
    private static final int SLAVE_LEVEL_INPUTS = 0xDE;

    private final PicContext context;
    private final I8259A master = new I8259A(MASTER_LEVEL_INPUTS, 1 << CASCADE);
    private final I8259A slave = new I8259A(SLAVE_LEVEL_INPUTS, 0);
    private boolean intr;

    CascadedPic(PicContext context) {
        this.context = context;
    }

    @Override
    public int read(int port) {
        int value = switch (port) {
            case 0x20, 0x21 -> master.read((port & 1) != 0);
            case 0xA0, 0xA1 -> readSlave((port & 1) != 0);
            case 0x4D0 -> master.elcr();
            case 0x4D1 -> slave.elcr();
            default -> 0xFF;
        };
        update();
        return value;
    }

    private int readSlave(boolean data) {
        if (slave.polling()) {
            pulse();
        }
        return slave.read(data);
    }

    @Override
    public void write(int port, int value) {
        int data = value & 0xFF;
        switch (port) {
            case 0x20, 0x21 -> master.write((port & 1) != 0, data);
            case 0xA0, 0xA1 -> slave.write((port & 1) != 0, data);
            case 0x4D0 -> master.elcr(data);
            case 0x4D1 -> slave.elcr(data);
            default -> {
            } // no other port is decoded
        }
        update();
    }

    @Override
    public void line(int irq, boolean high) {
        if (irq >>> 4 != 0 || irq == CASCADE) {
            return;
        }
        (irq < 8 ? master : slave).line(irq & 7, high);
        update();
    }

    @Override
    public boolean intr() {
        return intr;
    }

    @Override
    public int acknowledge() {
        int input = master.acknowledge();
        int vector = master.vector(input);
        if (input == CASCADE) {
            pulse();
            vector = slave.vector(slave.acknowledge());
        }
        update();
        return vector;
    }

    /** An INTA takes the slave's output down for a moment, so that its next request makes an edge at the master. */
    private void pulse() {
        master.line(CASCADE, false);
    }

    private void update() {
        master.line(CASCADE, slave.request() >= 0);
        boolean now = master.request() >= 0;
        if (now != intr) {
            intr = now;
            context.intr(now);
        }
    }

    @Override
    public void reset() {
        slave.reset();
        master.reset();
        update();
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        return ModelState.of("pic", 1).put("master", master.save()).put("slave", slave.save()).build();
    }

    @Override
    public void restore(ModelState state) {
        master.restore(state.nested("master"));
        slave.restore(state.nested("slave"));
        update();
    }
}
