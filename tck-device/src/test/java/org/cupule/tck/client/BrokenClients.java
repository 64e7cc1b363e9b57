package org.cupule.tck.client;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.cupule.hsm.ioreq.IoAccess;
import org.cupule.hsm.ioreq.IoHandler;
import org.cupule.hsm.ioreq.IoRequestClient;

/** A client as it must be, and one for each check that is not. */
final class BrokenClients {
    private BrokenClients() {
    }

    /** {@return by check, who must be caught} */
    static Map<String, Supplier<IoRequestClient>> all() {
        return Map.ofEntries(Map.entry("attach", Refusing::new), Map.entry("any-access", Picky::new),
                Map.entry("deadline", Slow::new), Map.entry("view-ends", Keeping::new),
                Map.entry("several-vcpus", Lonely::new), Map.entry("vms-apart", Shared::new),
                Map.entry("number-again", Remembering::new), Map.entry("come-and-go", Small::new),
                Map.entry("forgets", Hoarding::new), Map.entry("ends-threads", Busy::new));
    }

    /** Holds a number for each VM. */
    static class Good implements IoRequestClient {
        final ConcurrentMap<Integer, AtomicLong> values = new ConcurrentHashMap<>();

        @Override
        public IoHandler attach(int vmid, String name) {
            AtomicLong value = new AtomicLong();
            values.put(vmid, value);
            return access -> answer(access, value);
        }

        static long answer(IoAccess access, AtomicLong value) {
            if (access.write()) {
                value.set(access.value());
            }
            return value.get();
        }

        @Override
        public void detach(int vmid) {
            values.remove(vmid);
        }
    }

    /** Serves no VM without a name. */
    private static final class Refusing extends Good {
        @Override
        public IoHandler attach(int vmid, String name) {
            if (name.isEmpty()) {
                throw new IllegalArgumentException("a name, please");
            }
            return super.attach(vmid, name);
        }
    }

    /** Knows bytes only. */
    private static final class Picky extends Good {
        @Override
        public IoHandler attach(int vmid, String name) {
            IoHandler good = super.attach(vmid, name);
            return access -> {
                if (access.size() > 1) {
                    throw new IllegalStateException("bytes only");
                }
                return good.handle(access);
            };
        }
    }

    /** Thinks before its first answer. */
    private static final class Slow extends Good {
        @Override
        public IoHandler attach(int vmid, String name) {
            IoHandler good = super.attach(vmid, name);
            AtomicInteger calls = new AtomicInteger();
            return access -> {
                if (calls.incrementAndGet() == 1) {
                    LockSupport.parkNanos(200_000_000);
                }
                return good.handle(access);
            };
        }
    }

    /** Looks at the request before this one. */
    private static final class Keeping extends Good {
        @Override
        public IoHandler attach(int vmid, String name) {
            IoHandler good = super.attach(vmid, name);
            List<IoAccess> last = new ArrayList<>();
            return access -> {
                synchronized (last) {
                    last.forEach(IoAccess::address);
                    last.clear();
                    last.add(access);
                }
                return good.handle(access);
            };
        }
    }

    /** Stands one vCPU at a time. */
    private static final class Lonely extends Good {
        @Override
        public IoHandler attach(int vmid, String name) {
            IoHandler good = super.attach(vmid, name);
            AtomicInteger inside = new AtomicInteger();
            return access -> {
                try {
                    if (inside.incrementAndGet() > 1) {
                        throw new IllegalStateException("one at a time");
                    }
                    LockSupport.parkNanos(10_000);
                    return good.handle(access);
                } finally {
                    inside.decrementAndGet();
                }
            };
        }
    }

    /** Has one number for all VMs that are there. */
    private static final class Shared implements IoRequestClient {
        private final Set<Integer> served = new HashSet<>();
        private volatile AtomicLong value = new AtomicLong();

        @Override
        public IoHandler attach(int vmid, String name) {
            served.add(vmid);
            AtomicLong shared = value;
            return access -> Good.answer(access, shared);
        }

        @Override
        public void detach(int vmid) {
            served.remove(vmid);
            value = served.isEmpty() ? new AtomicLong() : value;
        }
    }

    /** Goes on with the number of the VM before. */
    private static final class Remembering implements IoRequestClient {
        private final ConcurrentMap<Integer, AtomicLong> values = new ConcurrentHashMap<>();

        @Override
        public IoHandler attach(int vmid, String name) {
            AtomicLong value = values.computeIfAbsent(vmid, number -> new AtomicLong());
            return access -> Good.answer(access, value);
        }
    }

    /** Has room for a few VMs. */
    private static final class Small extends Good {
        private final AtomicInteger machines = new AtomicInteger();

        @Override
        public IoHandler attach(int vmid, String name) {
            if (machines.incrementAndGet() > 10) {
                throw new IllegalStateException("no room");
            }
            return super.attach(vmid, name);
        }
    }

    /** Keeps every handler. */
    private static final class Hoarding extends Good {
        private final List<IoHandler> handlers = new ArrayList<>();

        @Override
        public IoHandler attach(int vmid, String name) {
            IoHandler handler = super.attach(vmid, name);
            handlers.add(handler);
            return handler;
        }
    }

    /** Has a thread that nobody ends. */
    private static final class Busy extends Good {
        @Override
        public IoHandler attach(int vmid, String name) {
            Thread.ofPlatform().daemon().name("busy").start(() -> LockSupport.parkNanos(60_000_000_000L));
            return super.attach(vmid, name);
        }
    }

    /** Answers with how often it was asked in all its lives. */
    static final class Varying implements IoRequestClient {
        private static final AtomicLong ASKED = new AtomicLong();

        @Override
        public IoHandler attach(int vmid, String name) {
            return access -> ASKED.incrementAndGet() + vmid;
        }
    }
}
