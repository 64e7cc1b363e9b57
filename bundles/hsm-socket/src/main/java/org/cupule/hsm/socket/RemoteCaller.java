package org.cupule.hsm.socket;

import java.lang.foreign.MemorySegment;
import org.cupule.host.DescriptorTable;
import org.cupule.host.EventFd;
import org.cupule.hsm.CallerMemory;
import org.cupule.hsm.HsmHandle;
import org.cupule.hsm.memory.LentMemory;

/**
 * A client's memory and descriptors: those of the exchange that the calling thread carries out.
 *
 * @threading any thread, inside {@link #carryOut}
 */
final class RemoteCaller implements CallerMemory, DescriptorTable {
    private static final ScopedValue<Exchange> EXCHANGE = ScopedValue.newInstance();

    /** Carries an ioctl out. @return 0 or a negative error number */
    static int carryOut(HsmHandle handle, Exchange exchange) {
        Request request = exchange.request();
        return ScopedValue.where(EXCHANGE, exchange).call(() -> handle.ioctl(request.command(), request.argument()));
    }

    @Override
    public void read(long address, MemorySegment target) {
        EXCHANGE.get().read(address, target);
    }

    @Override
    public void write(long address, MemorySegment source) {
        EXCHANGE.get().write(address, source);
    }

    @Override
    public LentMemory pin(long address, long lengthBytes) {
        return EXCHANGE.get().pin(address, lengthBytes);
    }

    @Override
    public EventFd eventFd(int number) {
        return EXCHANGE.get().eventFd(number);
    }
}
