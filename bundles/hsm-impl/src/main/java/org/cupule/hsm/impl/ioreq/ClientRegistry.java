package org.cupule.hsm.impl.ioreq;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.cupule.hsm.ioreq.ClientInfo;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;
import org.jspecify.annotations.Nullable;

/**
 * The clients of a VM and their ranges. Each change publishes new {@link Routes}; dispatchers read them without a lock.
 *
 * @threading any thread; its lock is innermost: nothing foreign is called under it
 */
final class ClientRegistry {
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicLong orders = new AtomicLong();
    private final Slots slots;
    private final Runnable onMoreRoutes;
    private final long removalNanos;
    private final Consumer<Thread> onLeftBehind;
    /** Oldest first; each with its ranges, oldest first. */
    private final LinkedHashMap<Client, List<Registration>> clients = new LinkedHashMap<>();
    private volatile Routes routes = Routes.NONE;

    private record Registration(IoRange range, RangeIndex.Claim<Client> claim) {
    }

    /**
     * Makes an empty registry.
     *
     * @param onMoreRoutes
     *            called, without the lock, when requests that found no client may find one now
     * @param removalNanos
     *            how long the removal of a client waits for its handler to return
     * @param onLeftBehind
     *            told of a thread that is inside a handler that does not return
     */
    ClientRegistry(Slots slots, Runnable onMoreRoutes, long removalNanos, Consumer<Thread> onLeftBehind) {
        this.removalNanos = removalNanos;
        this.onLeftBehind = onLeftBehind;
        this.slots = slots;
        this.onMoreRoutes = onMoreRoutes;
    }

    Routes routes() {
        return routes;
    }

    long removalNanos() {
        return removalNanos;
    }

    /** A thread is inside a handler that does not return, and its request was answered. */
    void leaveBehind(Thread stuck) {
        onLeftBehind.accept(stuck);
    }

    Slots slots() {
        return slots;
    }

    /** {@return a number that is higher than all before} */
    long nextOrder() {
        return orders.incrementAndGet();
    }

    /** Adds a client; EEXIST for a second default one. */
    void add(Client client) {
        lock.lock();
        try {
            Client present = routes.fallback();
            if (client.fallback() && present != null) {
                throw new HsmException(Errno.EEXIST, "default client", "'" + present.clientName()
                        + "' is the default client (" + present.form() + "); close it first");
            }
            if (client.order() == Client.OLDEST) {
                clients.putFirst(client, new ArrayList<>());
            } else {
                clients.put(client, new ArrayList<>());
            }
            if (client.fallback()) {
                routes = routes.with(client);
            }
        } finally {
            lock.unlock();
        }
        onMoreRoutes.run();
    }

    /** Removes a client and its ranges; nothing happens when it is gone. */
    void remove(Client client) {
        lock.lock();
        try {
            List<Registration> ranges = clients.remove(client);
            if (ranges == null) {
                return;
            }
            Routes next = routes;
            for (Registration registration : ranges) {
                next = next.with(registration.range.space(),
                        next.index(registration.range.space()).without(registration.claim));
            }
            routes = next.fallback() == client ? next.with((Client) null) : next;
        } finally {
            lock.unlock();
        }
    }

    /** Adds a range; EINVAL when the client is gone. */
    void add(Client client, IoRange range) {
        lock.lock();
        try {
            List<Registration> ranges = clients.get(client);
            if (ranges == null) {
                throw new HsmException(Errno.EINVAL, "add",
                        "client '" + client.clientName() + "' is closed; " + range + " was not added");
            }
            var claim = new RangeIndex.Claim<Client>(range.first(), range.last(), client.order(), nextOrder(), client);
            ranges.add(new Registration(range, claim));
            routes = routes.with(range.space(), routes.index(range.space()).with(claim));
        } finally {
            lock.unlock();
        }
        onMoreRoutes.run();
    }

    /** Removes the newest range that equals this one. */
    void remove(Client client, IoRange range) {
        lock.lock();
        try {
            List<Registration> ranges = clients.getOrDefault(client, List.of());
            for (int i = ranges.size() - 1; i >= 0; i--) {
                if (ranges.get(i).range.equals(range)) {
                    Registration gone = ranges.remove(i);
                    routes = routes.with(range.space(), routes.index(range.space()).without(gone.claim));
                    return;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** {@return the clients, newest first, the default one last} */
    List<Client> clients() {
        lock.lock();
        try {
            List<Client> list = new ArrayList<>(clients.keySet()).reversed();
            Client fallback = routes.fallback();
            if (fallback != null) {
                list = new ArrayList<>(list);
                list.remove(fallback);
                list.add(fallback);
            }
            return List.copyOf(list);
        } finally {
            lock.unlock();
        }
    }

    /** {@return the clients as people see them, newest first, the default one last} */
    List<ClientInfo> infos() {
        return clients().stream().map(client -> client.info(ranges(client))).toList();
    }

    private List<IoRange> ranges(Client client) {
        lock.lock();
        try {
            return clients.getOrDefault(client, List.of()).stream().map(Registration::range).toList().reversed();
        } finally {
            lock.unlock();
        }
    }

    @Nullable
    Client fallback() {
        return routes.fallback();
    }
}
