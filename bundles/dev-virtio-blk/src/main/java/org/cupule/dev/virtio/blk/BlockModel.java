package org.cupule.dev.virtio.blk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.cupule.device.Disk;
import org.cupule.state.ModelState;
import org.cupule.virtio.Chain;
import org.cupule.virtio.Feature;
import org.cupule.virtio.VirtioModel;
import org.cupule.virtio.VirtioPort;
import org.cupule.virtio.Virtqueue;

/**
 * A disk: takes requests out of its queue, has them done, and gives them back in whatever order they end.
 *
 * <pre>
 * configuration
 * 00 capacity in sectors of 512 bytes   8      14 block size         4
 * 08 size_max                           4      18 topology           8
 * 0C seg_max                            4      20 writeback          1
 * 10 geometry                           4      21 unused, then 22 num_queues
 * </pre>
 *
 * <p>
 * The cache is that of the host: a write has ended when the host has it, a flush when it is on the host's disk. A
 * driver that does not know flushes, or switches the cache off, has each write flushed.
 *
 * @threading confined to the device's gate
 */
final class BlockModel implements VirtioModel {
    static final int SECTOR = 512;
    /** What one request moves at a time, so that it takes a bounded part of the heap. */
    static final int CHUNK = 64 << 10;

    private static final int SEG_MAX = 2;
    private static final int READ_ONLY = 5;
    private static final int BLK_SIZE = 6;
    private static final int FLUSH = 9;
    private static final int CONFIG_WCE = 11;
    private static final int CONFIG_BYTES = 0x24;
    private static final int WRITEBACK = 0x20;
    /** The header and the status take a descriptor each. */
    private static final int MOST_SEGMENTS = VirtioBlkFactory.ENTRIES - 2;
    private static final int SERIAL_BYTES = 20;

    private final VirtioPort port;
    private final Disk disk;
    private final byte[] serial;
    private final ArrayDeque<byte[]> buffers = new ArrayDeque<>();
    private boolean writeback = true;

    BlockModel(VirtioPort port) {
        this.port = port;
        this.disk = port.context().disk();
        String given = port.context().option("serial");
        String text = given.isEmpty() ? port.context().name() : given;
        this.serial = Arrays.copyOf(text.getBytes(StandardCharsets.US_ASCII), SERIAL_BYTES);
    }

    @Override
    public long features() {
        return Feature.bit(SEG_MAX) | Feature.bit(BLK_SIZE) | Feature.bit(FLUSH) | Feature.bit(CONFIG_WCE)
                | (disk.readOnly() ? Feature.bit(READ_ONLY) : 0);
    }

    @Override
    public byte[] config() {
        var config = ByteBuffer.allocate(CONFIG_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        config.putLong(0x00, sectors()).putInt(0x0C, MOST_SEGMENTS).putInt(0x14, SECTOR);
        return config.put(WRITEBACK, (byte) (writeback ? 1 : 0)).putShort(0x22, (short) 1).array();
    }

    @Override
    public void configWritten(int offset, int size, long value) {
        if (offset == WRITEBACK && size == 1 && port.negotiated(CONFIG_WCE)) {
            writeback = (value & 1) != 0;
        }
    }

    /** Takes as many requests as the queue can hold; a driver that gives more meanwhile waits for its turn. */
    @Override
    public void notified(int queue) {
        Virtqueue requests = port.queue(queue);
        for (int begun = 0; begun < requests.length(); begun++) {
            Chain chain = requests.next();
            if (chain == null) {
                requests.signal();
                return;
            }
            new BlockRequest(this, chain).begin();
        }
        requests.signal();
        port.context().post(() -> notified(queue));
    }

    /** What was begun by the device before this one is done anew: the driver cannot see the difference. */
    @Override
    public void resumed() {
        port.queue(0).takenBefore().forEach(chain -> new BlockRequest(this, chain).begin());
        port.queue(0).signal();
    }

    @Override
    public void reset() {
        writeback = true;
    }

    // ------------------------------------------------------------------ what requests use

    VirtioPort port() {
        return port;
    }

    Disk disk() {
        return disk;
    }

    byte[] serial() {
        return serial;
    }

    long sectors() {
        return disk.lengthBytes() / SECTOR;
    }

    /** {@return whether a write has ended only when it is durable} */
    boolean writeThrough() {
        return !port.negotiated(FLUSH) || port.negotiated(CONFIG_WCE) && !writeback;
    }

    byte[] borrow() {
        byte[] buffer = buffers.poll();
        return buffer == null ? new byte[CHUNK] : buffer;
    }

    void giveBack(byte[] buffer) {
        buffers.push(buffer);
    }

    // ------------------------------------------------------------------ state

    @Override
    public void save(ModelState.Builder state) {
        state.put("writeback", writeback);
    }

    @Override
    public void restore(ModelState state) {
        writeback = state.flag("writeback");
    }
}
