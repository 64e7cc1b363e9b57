package org.cupule.virtio;

import java.util.List;
import org.cupule.state.ModelState;

/**
 * The common configuration structure.
 *
 * <pre>
 * 00 device_feature_select   4        18 queue_size         2
 * 04 device_feature          4 R      1A queue_msix_vector  2
 * 08 driver_feature_select   4        1C queue_enable       2
 * 0C driver_feature          4        1E queue_notify_off   2 R
 * 10 config_msix_vector      2        20 queue_desc         8
 * 12 num_queues              2 R      28 queue_driver       8
 * 14 device_status           1        30 queue_device       8
 * 15 config_generation       1 R
 * 16 queue_select            2
 * </pre>
 *
 * <p>
 * Reads may have any size. A write counts when it is of a register's own size at its own offset; the addresses are
 * taken in halves too. Source: VIRTIO 1.2, section 4.1.4.3 "Common configuration structure layout".
 *
 * @threading confined to the device's gate
 */
final class CommonConfig {
    private static final int DEVICE_FEATURE_SELECT = 0x00;
    private static final int DEVICE_FEATURE = 0x04;
    private static final int DRIVER_FEATURE_SELECT = 0x08;
    private static final int DRIVER_FEATURE = 0x0C;
    private static final int CONFIG_VECTOR = 0x10;
    private static final int QUEUES = 0x12;
    private static final int STATUS = 0x14;
    private static final int GENERATION = 0x15;
    private static final int QUEUE_SELECT = 0x16;
    private static final int QUEUE_SIZE = 0x18;
    private static final int QUEUE_VECTOR = 0x1A;
    private static final int QUEUE_ENABLE = 0x1C;
    private static final int QUEUE_NOTIFY = 0x1E;
    private static final int DESCRIPTORS = 0x20;
    private static final int AVAILABLE = 0x28;
    private static final int USED = 0x30;

    private final VirtioPci device;
    private final List<Virtqueue> queues;
    private final Interrupts interrupts;
    private final long offered;
    private long accepted;
    private int deviceFeatureSelect;
    private int driverFeatureSelect;
    private int queueSelect;

    CommonConfig(VirtioPci device, List<Virtqueue> queues, Interrupts interrupts, long offered) {
        this.device = device;
        this.queues = queues;
        this.interrupts = interrupts;
        this.offered = offered;
    }

    void reset() {
        accepted = 0;
        deviceFeatureSelect = 0;
        driverFeatureSelect = 0;
        queueSelect = 0;
    }

    boolean accepted(int feature) {
        return (accepted & Feature.bit(feature)) != 0;
    }

    /** {@return whether a driver may go on with what it accepted: nothing that was not offered, and no legacy} */
    boolean featuresAcceptable() {
        return (accepted & ~offered) == 0 && accepted(Feature.VERSION_1);
    }

    long read(int offset, int size) {
        long value = 0;
        for (int i = 0; i < size && offset + i < VirtioSpec.COMMON_BYTES; i++) {
            value |= byteAt(offset + i) << 8 * i;
        }
        return value;
    }

    private long byteAt(int offset) {
        if (offset >= DESCRIPTORS) {
            return address(offset & ~7) >>> 8 * (offset & 7) & 0xFF;
        }
        return word(offset & ~3) >>> 8 * (offset & 3) & 0xFF;
    }

    private long word(int offset) {
        return switch (offset) {
            case DEVICE_FEATURE_SELECT -> deviceFeatureSelect;
            case DEVICE_FEATURE -> half(offered, deviceFeatureSelect);
            case DRIVER_FEATURE_SELECT -> driverFeatureSelect;
            case DRIVER_FEATURE -> half(accepted, driverFeatureSelect);
            case CONFIG_VECTOR -> interrupts.configVector() | (long) queues.size() << 16;
            case STATUS -> device.status() | (long) device.configGeneration() << 8 | (long) queueSelect << 16;
            case QUEUE_SIZE -> exists() ? queue().entries() | (long) queue().vector() << 16 : 0xFFFF_0000L;
            default -> exists() && queue().enabled() ? 1 | (long) queueSelect << 16 : notifyOffset() << 16;
        };
    }

    private long notifyOffset() {
        return exists() ? queueSelect : 0;
    }

    private static long half(long features, int select) {
        return select == 0 || select == 1 ? features >>> 32 * select & 0xFFFF_FFFFL : 0;
    }

    private boolean exists() {
        return queueSelect < queues.size();
    }

    private Virtqueue queue() {
        return queues.get(queueSelect);
    }

    private long address(int register) {
        if (!exists()) {
            return 0;
        }
        return switch (register) {
            case DESCRIPTORS -> queue().descriptors();
            case AVAILABLE -> queue().available();
            default -> queue().used();
        };
    }

    void write(int offset, int size, long value) {
        if (offset >= DESCRIPTORS && offset < VirtioSpec.COMMON_BYTES) {
            writeAddress(offset, size, value);
        } else if (size == sizeOf(offset)) {
            write(offset, (int) value);
        }
    }

    /** {@return the size of a register that can be written, 0 where there is none} */
    private static int sizeOf(int offset) {
        return switch (offset) {
            case DEVICE_FEATURE_SELECT, DRIVER_FEATURE_SELECT, DRIVER_FEATURE -> 4;
            case CONFIG_VECTOR, QUEUE_SELECT, QUEUE_SIZE, QUEUE_VECTOR, QUEUE_ENABLE -> 2;
            case STATUS -> 1;
            default -> 0; // read-only: DEVICE_FEATURE, QUEUES, GENERATION, QUEUE_NOTIFY
        };
    }

    private void write(int offset, int value) {
        switch (offset) {
            case DEVICE_FEATURE_SELECT -> deviceFeatureSelect = value;
            case DRIVER_FEATURE_SELECT -> driverFeatureSelect = value;
            case DRIVER_FEATURE -> accept(value);
            case CONFIG_VECTOR -> interrupts.configVector(value);
            case STATUS -> device.status(value);
            case QUEUE_SELECT -> queueSelect = value;
            default -> writeQueue(offset, value);
        }
    }

    private void accept(int value) {
        if ((device.status() & VirtioPci.FEATURES_OK) == 0 && (driverFeatureSelect & ~1) == 0) {
            long mask = 0xFFFF_FFFFL << 32 * driverFeatureSelect;
            accepted = accepted & ~mask | (long) value << 32 * driverFeatureSelect & mask;
        }
    }

    private void writeQueue(int offset, int value) {
        if (!exists()) {
            return;
        }
        switch (offset) {
            case QUEUE_SIZE -> queue().entries(value);
            case QUEUE_VECTOR -> queue().vector(value);
            default -> enable(value);
        }
    }

    private void enable(int value) {
        if (value == 1) {
            queue().enable();
        }
    }

    private void writeAddress(int offset, int size, long value) {
        int register = offset & ~7;
        boolean whole = size == 8 && offset == register;
        if (!exists() || !whole && (size != 4 || (offset & 3) != 0)) {
            return;
        }
        int shift = whole ? 0 : 8 * (offset & 4);
        long mask = whole ? -1 : 0xFFFF_FFFFL << shift;
        long address = address(register) & ~mask | value << shift & mask;
        switch (register) {
            case DESCRIPTORS -> queue().descriptors(address);
            case AVAILABLE -> queue().available(address);
            default -> queue().used(address);
        }
    }

    void save(ModelState.Builder state) {
        state.put("accepted", accepted).put("deviceFeatureSelect", deviceFeatureSelect)
                .put("driverFeatureSelect", driverFeatureSelect).put("queueSelect", queueSelect);
    }

    void restore(ModelState state) {
        accepted = state.number("accepted");
        deviceFeatureSelect = (int) state.number("deviceFeatureSelect", Integer.MIN_VALUE, Integer.MAX_VALUE);
        driverFeatureSelect = (int) state.number("driverFeatureSelect", Integer.MIN_VALUE, Integer.MAX_VALUE);
        queueSelect = (int) state.number("queueSelect", 0, 0xFFFF);
    }
}
