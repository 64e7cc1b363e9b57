package org.cupule.virtio;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.Mmio;
import org.cupule.device.PciRegisters;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A virtio device on a PCI bus: registers, negotiation and queues. What it is a device of says its model.
 *
 * <pre>
 * device status   7        6             3           2          1       0
 *                +--------+-------------+-----------+----------+-------+-------------+
 *                | FAILED | NEEDS_RESET | FEATURES  | DRIVER   | DRIVER| ACKNOWLEDGE |
 *                |        | (6)         | _OK (3)   | _OK (2)  | (1)   | (0)         |
 *                +--------+-------------+-----------+----------+-------+-------------+
 * </pre>
 *
 * <p>
 * Source: VIRTIO 1.2, chapter 2.1 "Device Status Field", 2.2 "Feature Bits", 3.1 "Device Initialization", 4.1.
 *
 * @threading confined to the device's gate
 */
public final class VirtioPci implements Device, Mmio, PciRegisters, VirtioPort {
    static final int DRIVER_OK = 1 << 2;
    static final int FEATURES_OK = 1 << 3;
    static final int NEEDS_RESET = 1 << 6;
    private static final int OF_DRIVER = 0x8F;
    private static final int ALL = OF_DRIVER | NEEDS_RESET;
    private static final Logger LOG = LoggerFactory.getLogger(VirtioPci.class);
    private static final long FLOAT = -1;

    private final DeviceContext context;
    private final StateSchema schema;
    private final VirtioModel model;
    private final List<Virtqueue> queues = new ArrayList<>();
    private final Interrupts interrupts;
    private final CommonConfig common;
    private final ConfigWindow window = new ConfigWindow(this);
    private int status;
    private int configGeneration;
    private long generation;

    /**
     * Makes a device.
     *
     * @param context
     *            what it reaches outside itself
     * @param schema
     *            which state it reads and writes: version 1
     * @param queues
     *            how many queues it has
     * @param entries
     *            how many requests each can hold at most: a power of two
     * @param model
     *            makes what it is a device of
     */
    public VirtioPci(DeviceContext context, StateSchema schema, int queues, int entries,
            Function<VirtioPort, VirtioModel> model) {
        this.context = context;
        this.schema = schema;
        interrupts = new Interrupts(context, queues + 1);
        for (int i = 0; i < queues; i++) {
            this.queues.add(new Virtqueue(this, interrupts, i, entries));
        }
        this.model = model.apply(this);
        common = new CommonConfig(this, this.queues, interrupts, Feature.OF_TRANSPORT | this.model.features());
    }

    // ------------------------------------------------------------------ registers

    @Override
    public long readMmio(int bar, long offset, int size) {
        if (bar != VirtioSpec.REGISTERS_BAR) {
            return FLOAT;
        }
        int at = (int) offset & VirtioSpec.AREA_BYTES - 1;
        return switch ((int) offset & -VirtioSpec.AREA_BYTES) {
            case VirtioSpec.COMMON -> common.read(at, size);
            case VirtioSpec.ISR -> at == 0 ? interrupts.readStatus() : 0;
            case VirtioSpec.CONFIG -> readConfig(at, size);
            default -> 0;
        };
    }

    private long readConfig(int offset, int size) {
        byte[] config = model.config();
        long value = 0;
        for (int i = 0; i < size && offset + i < config.length; i++) {
            value |= (config[offset + i] & 0xFFL) << 8 * i;
        }
        return value;
    }

    @Override
    public void writeMmio(int bar, long offset, int size, long value) {
        if (bar != VirtioSpec.REGISTERS_BAR) {
            return;
        }
        int at = (int) offset & VirtioSpec.AREA_BYTES - 1;
        switch ((int) offset & -VirtioSpec.AREA_BYTES) {
            case VirtioSpec.COMMON -> common.write(at, size, value);
            case VirtioSpec.CONFIG -> model.configWritten(at, size, value);
            case VirtioSpec.NOTIFY -> notified(at / VirtioSpec.NOTIFY_STRIDE);
            default -> {
                // The ISR status is read-only.
            }
        }
    }

    private void notified(int queue) {
        if (queue < queues.size() && running() && queues.get(queue).enabled()) {
            model.notified(queue);
        }
    }

    @Override
    public int readCapability(int capability, int offset, int size) {
        return window.read(offset, size);
    }

    @Override
    public void writeCapability(int capability, int offset, int size, int value) {
        window.write(offset, size, value);
    }

    // ------------------------------------------------------------------ the device status

    int status() {
        return status;
    }

    int configGeneration() {
        return configGeneration;
    }

    /** The driver writes the status: 0 is a reset; else bits are only added, and some not before others. */
    void status(int value) {
        if (value == 0) {
            restart();
            return;
        }
        int added = value & OF_DRIVER & ~status;
        if ((added & FEATURES_OK) != 0 && !common.featuresAcceptable()) {
            added &= ~FEATURES_OK;
        }
        if (((status | added) & FEATURES_OK) == 0) {
            added &= ~DRIVER_OK;
        }
        status |= added;
        if ((added & DRIVER_OK) != 0) {
            for (int i = 0; i < queues.size(); i++) {
                notified(i);
            }
        }
    }

    private void restart() {
        status = 0;
        generation++;
        common.reset();
        interrupts.reset();
        queues.forEach(Virtqueue::reset);
        model.reset();
    }

    @Override
    public void reset() {
        restart();
        configGeneration = 0;
        window.reset();
    }

    // ------------------------------------------------------------------ what the model reaches

    @Override
    public DeviceContext context() {
        return context;
    }

    @Override
    public Virtqueue queue(int index) {
        return queues.get(index);
    }

    @Override
    public boolean negotiated(int feature) {
        return common.accepted(feature);
    }

    @Override
    public boolean running() {
        return (status & (DRIVER_OK | NEEDS_RESET)) == DRIVER_OK;
    }

    @Override
    public long generation() {
        return generation;
    }

    @Override
    public void fail(String reason) {
        if ((status & NEEDS_RESET) != 0) {
            return;
        }
        LOG.debug("{}: needs a reset: {}", schema.kind(), reason);
        boolean tell = running();
        status |= NEEDS_RESET;
        if (tell) {
            interrupts.config();
        }
    }

    @Override
    public void configChanged() {
        configGeneration = configGeneration + 1 & 0xFF;
        if (running()) {
            interrupts.config();
        }
    }

    // ------------------------------------------------------------------ state

    @Override
    public StateSchema schema() {
        return schema;
    }

    @Override
    public ModelState save(int version) {
        var state = ModelState.of(schema.kind(), version).put("status", status)
                .put("configGeneration", configGeneration).put("queues", queues.stream().map(Virtqueue::save).toList());
        common.save(state);
        interrupts.save(state);
        window.save(state);
        var own = ModelState.of(schema.kind() + "-model", 1);
        model.save(own);
        return state.put("model", own.build()).build();
    }

    @Override
    public void restore(ModelState state) {
        if (!state.kind().equals(schema.kind()) || !schema.reads().contains(state.version())) {
            throw new StateException("%s reads versions %s of its own state, not %s version %d".formatted(
                    schema.kind(), schema.reads(), state.kind(), state.version()));
        }
        List<ModelState> saved = state.list("queues");
        if (saved.size() != queues.size()) {
            throw new StateException("%s has %d queues, the state has %d".formatted(schema.kind(), queues.size(),
                    saved.size()));
        }
        status = (int) state.number("status", 0, ALL) & ALL;
        configGeneration = (int) state.number("configGeneration", 0, 0xFF);
        common.restore(state);
        interrupts.restore(state);
        window.restore(state);
        for (int i = 0; i < saved.size(); i++) {
            queues.get(i).restore(saved.get(i));
        }
        model.restore(state.nested("model"));
        context.post(model::resumed);
    }
}
