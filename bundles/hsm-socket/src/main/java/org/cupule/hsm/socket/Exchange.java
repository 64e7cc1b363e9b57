package org.cupule.hsm.socket;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.cupule.host.Descriptor;
import org.cupule.host.EventFd;
import org.cupule.host.Host;
import org.cupule.hsm.memory.LentMemory;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * One ioctl of a client: what came with it, and what goes back. The client's memory is what came along; every other
 * address is EFAULT.
 *
 * @threading the thread that carries the ioctl out
 */
final class Exchange implements AutoCloseable {
    private final Host host;
    private final Request request;
    private final List<Descriptor> descriptors;
    private byte[] out = {};
    private @Nullable EventFd held;

    /**
     * Begins.
     *
     * @param descriptors
     *            owned by this exchange from now on
     */
    Exchange(Host host, Request request, List<Descriptor> descriptors) {
        this.host = host;
        this.request = request;
        this.descriptors = descriptors;
    }

    Request request() {
        return request;
    }

    /** {@return what is to be written to the argument's address} */
    byte[] out() {
        return out;
    }

    void read(long address, MemorySegment target) {
        if (!request.has(Request.READABLE) || address != request.argument()
                || target.byteSize() > request.bytes().length) {
            throw fault(address);
        }
        MemorySegment.copy(MemorySegment.ofArray(request.bytes()), 0, target, 0, target.byteSize());
    }

    void write(long address, MemorySegment source) {
        if (!request.has(Request.WRITABLE) || address != request.argument() || source.byteSize() > Request.MOST_BYTES) {
            throw fault(address);
        }
        out = new byte[(int) source.byteSize()];
        MemorySegment.copy(source, 0, MemorySegment.ofArray(out), 0, out.length);
    }

    /** Maps the memory that came along, which must be exactly what is asked for. */
    LentMemory pin(long address, long lengthBytes) {
        if (request.lengthBytes() <= 0 || address != request.address() || lengthBytes != request.lengthBytes()
                || descriptors.isEmpty()) {
            throw fault(address);
        }
        Arena arena = Arena.ofShared();
        try {
            return new Mapped(arena, host.map(descriptors.getFirst(), request.offset(), lengthBytes, arena));
        } catch (RuntimeException | Error refused) {
            arena.close();
            throw refused;
        }
    }

    private static HsmException fault(long address) {
        return new HsmException(Errno.EFAULT, "hsm socket", "the client has sent nothing for 0x%x".formatted(address));
    }

    /** The number itself says nothing here: the descriptor came along when the client has one of this number. */
    EventFd eventFd(int number) {
        if (descriptors.isEmpty()) {
            throw new HsmException(Errno.EBADF, "eventfd", "the client has no descriptor " + number);
        }
        EventFd there = held;
        if (there == null) {
            there = host.eventFd(descriptors.getFirst());
            held = there;
        }
        return there.duplicate();
    }

    /** {@return the handle that has kept the counter from hanging up meanwhile}; the caller closes it */
    Optional<EventFd> takeHeld() {
        Optional<EventFd> taken = Optional.ofNullable(held);
        held = null;
        return taken;
    }

    /** Closes the descriptors: what was mapped and who listens have their own. */
    @Override
    public void close() {
        takeHeld().ifPresent(EventFd::close);
        descriptors.forEach(Descriptor::close);
    }

    /**
     * The client's memory, which is this process's too.
     *
     * @threading any thread
     */
    private record Mapped(Arena arena, MemorySegment segment) implements LentMemory {
        @Override
        public void close() {
            arena.close();
        }
    }
}
