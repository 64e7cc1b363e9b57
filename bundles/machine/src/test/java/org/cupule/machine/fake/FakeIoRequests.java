package org.cupule.machine.fake;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.ioreq.ClientInfo;
import org.cupule.hsm.ioreq.DefaultClient;
import org.cupule.hsm.ioreq.IoClient;
import org.cupule.hsm.ioreq.IoHandler;
import org.cupule.hsm.ioreq.IoRequests;
import org.cupule.hsm.ioreq.IoTrace;
import org.cupule.types.AddressSpace;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;

/** Inline clients only; a request is dispatched by the thread that makes it. */
public final class FakeIoRequests implements IoRequests {
    private final List<Client> clients = new CopyOnWriteArrayList<>();
    private final List<String> abandoned = new CopyOnWriteArrayList<>();
    private volatile Client standard;
    private volatile int cleared;
    private volatile long lost;

    /** Makes one request. */
    public long request(FakeAccess access) {
        AddressSpace space = access.type() == IoRequestPage.PORTIO ? AddressSpace.PORTIO : AddressSpace.MMIO;
        for (Client client : clients.reversed()) {
            if (access.type() != IoRequestPage.PCICFG && client.ranges.stream().anyMatch(range -> range.space() == space
                    && range.contains(access.address(), access.size()))) {
                return client.handle(access);
            }
        }
        return standard.handle(access);
    }

    /** From now on says that so many requests were lost. */
    public void lose(long count) {
        lost = count;
    }

    /** {@return the handler of a client} */
    public IoHandler handler(String name) {
        return clients.stream().filter(client -> client.name.equals(name)).findFirst().orElseThrow().handler;
    }

    /** {@return the names of the clients that were given up} */
    public List<String> abandoned() {
        return abandoned;
    }

    public int timesCleared() {
        return cleared;
    }

    @Override
    public IoClient inline(String name, IoHandler handler) {
        var client = new Client(name, handler);
        clients.add(client);
        return client;
    }

    @Override
    public IoClient threaded(String name, IoHandler handler) {
        throw new UnsupportedOperationException("threaded");
    }

    @Override
    public IoClient inlineDefault(String name, IoHandler handler) {
        if (standard != null) {
            throw new HsmException(Errno.EEXIST, "default", "there is one");
        }
        standard = new Client(name, handler);
        return standard;
    }

    @Override
    public DefaultClient createDefault() {
        throw new UnsupportedOperationException("attach");
    }

    @Override
    public Optional<DefaultClient> attachable() {
        return Optional.empty();
    }

    @Override
    public void notifyFinished(int vcpu) {
        throw new UnsupportedOperationException("notify");
    }

    @Override
    public void clear() {
        cleared++;
    }

    @Override
    public List<ClientInfo> clients() {
        return clients.stream().map(client -> new ClientInfo(client.name, "inline", client.ranges, 0, 0)).toList();
    }

    @Override
    public List<IoTrace> trace() {
        return List.of();
    }

    @Override
    public void trace(int entries) {
        // Nothing is traced.
    }

    @Override
    public Counters counters() {
        return new Counters(0, 0, lost, 0, 0);
    }

    private final class Client implements IoClient {
        private final String name;
        private final IoHandler handler;
        private final List<IoRange> ranges = new CopyOnWriteArrayList<>();
        private final AtomicInteger inside = new AtomicInteger();

        Client(String name, IoHandler handler) {
            this.name = name;
            this.handler = handler;
        }

        long handle(FakeAccess access) {
            inside.incrementAndGet();
            try {
                return handler.handle(access);
            } finally {
                inside.decrementAndGet();
            }
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public void add(IoRange range) {
            ranges.addFirst(range);
        }

        @Override
        public void remove(IoRange range) {
            ranges.remove(range);
        }

        @Override
        public void close() {
            clients.remove(this);
            while (inside.get() != 0) {
                Thread.onSpinWait();
            }
        }

        @Override
        public void abandon() {
            clients.remove(this);
            abandoned.add(name);
        }
    }
}
