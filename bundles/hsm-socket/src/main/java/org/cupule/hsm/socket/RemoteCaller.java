package org.cupule.hsm.socket;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.cupule.abi.AcrnIrqfd;
import org.cupule.abi.IoctlNumber;
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
final class RemoteCaller implements CallerMemory, DescriptorTable, AutoCloseable {
    private static final ScopedValue<Exchange> EXCHANGE = ScopedValue.newInstance();

    /** Counters with an irqfd: the client's own descriptors are out of sight, so these keep them from hanging up. */
    private final List<EventFd> kept = new ArrayList<>();
    private boolean closed;

    /** Carries an ioctl out. @return 0 or a negative error number */
    int carryOut(HsmHandle handle, Exchange exchange) {
        Request request = exchange.request();
        int result = ScopedValue.where(EXCHANGE, exchange)
                .call(() -> handle.ioctl(request.command(), request.argument()));
        if (result == 0 && request.command() == IoctlNumber.IRQFD.number()) {
            AcrnIrqfd argument = new AcrnIrqfd(MemorySegment.ofArray(request.bytes()));
            boolean assigned = (argument.flags() & AcrnIrqfd.DEASSIGN) == 0;
            exchange.takeHeld().ifPresent(assigned ? this::keep : this::forget);
        }
        return result;
    }

    private void keep(EventFd eventFd) {
        synchronized (kept) {
            if (!closed) {
                kept.add(eventFd);
                return;
            }
        }
        eventFd.close();
    }

    private void forget(EventFd eventFd) {
        List<EventFd> gone = new ArrayList<>(List.of(eventFd));
        synchronized (kept) {
            kept.stream().filter(eventFd::same).forEach(gone::add);
            kept.removeAll(gone);
        }
        gone.forEach(EventFd::close);
    }

    /** The file is closed. */
    @Override
    public void close() {
        List<EventFd> gone;
        synchronized (kept) {
            closed = true;
            gone = List.copyOf(kept);
            kept.clear();
        }
        gone.forEach(EventFd::close);
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
