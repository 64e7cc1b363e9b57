package org.cupule.dev.virtio.blk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.cupule.virtio.Chain;

/**
 * One request on its way.
 *
 * <pre>
 * readable   +00 type (4)   +04 reserved (4)   +08 sector (8)   +10 data of a write
 * writable   data of a read, then the status (1)
 *
 *   begin --> move a chunk --> its end --> all moved? --no--> move a chunk
 *                                             '--yes--> flush, where writes are durable at once --> status, back
 * </pre>
 *
 * <p>
 * A request that was begun before a reset ends in nothing: the guest's memory is not touched any more.
 *
 * @threading confined to the device's gate
 */
final class BlockRequest {
    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int FLUSH = 4;
    private static final int GET_ID = 8;

    private static final int OK = 0;
    private static final int IO_ERROR = 1;
    private static final int UNSUPPORTED = 2;

    private static final int HEADER = 16;
    private static final int STATUS = 1;

    private final BlockModel model;
    private final Chain chain;
    private final long generation;
    private final byte[] buffer;
    private int type;
    /** In the disk. */
    private long first;
    private long lengthBytes;
    private long moved;

    BlockRequest(BlockModel model, Chain chain) {
        this.model = model;
        this.chain = chain;
        this.generation = model.port().generation();
        this.buffer = model.borrow();
    }

    void begin() {
        if (chain.writableBytes() < STATUS || !chain.read(0, buffer, 0, HEADER)) {
            fail("a request has no header or no status that is RAM");
            return;
        }
        ByteBuffer header = ByteBuffer.wrap(buffer).order(ByteOrder.LITTLE_ENDIAN);
        type = header.getInt(0);
        long sector = header.getLong(8);
        switch (type) {
            case READ -> transfer(sector, chain.writableBytes() - STATUS);
            case WRITE -> transfer(sector, chain.readableBytes() - HEADER);
            case FLUSH -> model.disk().flush(this::flushed);
            case GET_ID -> identify();
            default -> end(UNSUPPORTED, 0);
        }
    }

    private void identify() {
        byte[] serial = model.serial();
        int length = (int) Math.min(serial.length, chain.writableBytes() - STATUS);
        if (chain.write(0, serial, 0, length)) {
            end(OK, length);
        } else {
            fail("a buffer for the serial number is not in RAM");
        }
    }

    private void transfer(long sector, long length) {
        long sectors = length / BlockModel.SECTOR;
        boolean inside = length % BlockModel.SECTOR == 0 && sector >= 0 && sectors <= model.sectors()
                && sector <= model.sectors() - sectors;
        if (!inside || type == WRITE && model.disk().readOnly()) {
            end(IO_ERROR, 0);
            return;
        }
        first = sector * BlockModel.SECTOR;
        lengthBytes = length;
        move();
    }

    private int chunk() {
        return (int) Math.min(BlockModel.CHUNK, lengthBytes - moved);
    }

    private void move() {
        int chunk = chunk();
        if (chunk == 0) {
            allMoved();
        } else if (type == READ) {
            model.disk().read(first + moved, buffer, 0, chunk, this::chunkRead);
        } else if (chain.read(HEADER + moved, buffer, 0, chunk)) {
            model.disk().write(first + moved, buffer, 0, chunk, this::chunkWritten);
        } else {
            fail("the data of a write are not in RAM");
        }
    }

    private void chunkRead(boolean done) {
        if (stale(done)) {
            return;
        }
        if (chain.write(moved, buffer, 0, chunk())) {
            moved += chunk();
            move();
        } else {
            fail("the buffer of a read is not in RAM");
        }
    }

    private void chunkWritten(boolean done) {
        if (!stale(done)) {
            moved += chunk();
            move();
        }
    }

    private void allMoved() {
        if (type == WRITE && model.writeThrough()) {
            model.disk().flush(this::flushed);
        } else {
            end(OK, type == READ ? lengthBytes : 0);
        }
    }

    private void flushed(boolean done) {
        if (!stale(done)) {
            end(OK, 0);
        }
    }

    /** {@return whether there is nothing more to do: the device was reset, or this failed and was given back} */
    private boolean stale(boolean done) {
        if (generation != model.port().generation() || !model.port().running()) {
            return true;
        }
        if (!done) {
            end(IO_ERROR, 0);
        }
        return !done;
    }

    private void end(int status, long written) {
        buffer[0] = (byte) status;
        if (!chain.write(chain.writableBytes() - STATUS, buffer, 0, STATUS)) {
            fail("the status of a request is not in RAM");
            return;
        }
        model.giveBack(buffer);
        model.port().queue(0).push(chain, written + STATUS);
        model.port().queue(0).signal();
    }

    private void fail(String reason) {
        model.giveBack(buffer);
        model.port().fail(reason);
    }
}
