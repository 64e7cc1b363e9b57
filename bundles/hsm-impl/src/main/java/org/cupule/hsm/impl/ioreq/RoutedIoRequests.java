package org.cupule.hsm.impl.ioreq;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.impl.life.Life;
import org.cupule.hsm.ioreq.ClientInfo;
import org.cupule.hsm.ioreq.DefaultClient;
import org.cupule.hsm.ioreq.IoClient;
import org.cupule.hsm.ioreq.IoHandler;
import org.cupule.hsm.ioreq.IoRequests;
import org.cupule.hsm.ioreq.IoTrace;
import org.cupule.hypervisor.HypervisorInfo.SlotProtocol;
import org.cupule.hypervisor.Partition;
import org.cupule.state.ModelState;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * The I/O requests of one VM: slots, routes and clients put together.
 *
 * @threading any thread
 */
public final class RoutedIoRequests implements IoRequests {
    private static final int MAX_TRACE = 65536;
    private static final long CLEAR_MILLIS = 100;
    private static final long REMOVAL_SECONDS = 10;
    private static final long SHUTDOWN_SECONDS = 10;
    private static final int STILL_SECONDS = 5;

    private final Life life;
    private final Partition partition;
    private final int vmid;
    private final boolean queued;
    private final IoRequestPage page;
    private final PageProtocol protocol;
    private final Slots slots;
    private final Answers answers;
    private final ClientRegistry registry;
    private final RequestDispatcher dispatcher;
    private final DispatcherThread thread;
    private final @Nullable PciCombiner combiner;
    /** Whether the slots are held since a restore. */
    private volatile boolean restored;
    private final AtomicBoolean resetting = new AtomicBoolean();
    private volatile Runnable beforeAnswer = () -> {
    };

    /**
     * Makes the I/O requests of a VM without clients.
     *
     * @param queued
     *            whether requests are dispatched by a thread of their own
     */
    public RoutedIoRequests(Life life, Partition partition, IoRequestPage page, SlotProtocol slotProtocol,
            Behaviour behaviour, boolean queued) {
        this.life = life;
        this.partition = partition;
        this.vmid = partition.vmid();
        this.queued = queued;
        this.page = page;
        boolean raw = slotProtocol == SlotProtocol.RAW;
        protocol = raw ? new PageProtocol.Raw(page, partition) : new PageProtocol.Claimed(page, partition);
        slots = new Slots(partition.vcpuCount());
        answers = new Answers(protocol, partition.clock());
        registry = new ClientRegistry(slots, this::serveOrphans, TimeUnit.SECONDS.toNanos(REMOVAL_SECONDS),
                this::leaveBehind);
        combiner = raw ? new PciCombiner(page, behaviour) : null;
        dispatcher = new RequestDispatcher(protocol, slots, answers, combiner, registry);
        thread = new DispatcherThread("VM" + vmid + "-dispatcher", slots, protocol, dispatcher, registry);
    }

    /** Sets what is run before an answer of the attached default client is told to the guest. */
    public void beforeAnswer(Runnable action) {
        beforeAnswer = action;
    }

    /** The upcall: a vCPU has posted a request. */
    public void request(int vcpu) {
        if (queued) {
            thread.wake();
        } else if (protocol.posted(vcpu)) {
            dispatcher.dispatch(vcpu);
        } else {
            dispatcher.checkLost(vcpu);
        }
    }

    private void leaveBehind(Thread stuck) {
        thread.leaveBehind(stuck);
        partition.leaveBehind(stuck);
    }

    private void serveOrphans() {
        for (int vcpu = 0; vcpu < slots.count(); vcpu++) {
            if (protocol.posted(vcpu)) {
                thread.wake();
                return;
            }
        }
    }

    @Override
    public IoClient inline(String name, IoHandler handler) {
        return added(new InlineClient(checked("inline", name), handler, false, registry, answers));
    }

    /** Adds the inline client that is older than all others, which were there before or not: newer ranges win. */
    public IoClient oldest(String name, IoHandler handler) {
        return added(InlineClient.oldest(checked("oldest", name), handler, registry, answers));
    }

    /**
     * Waits until a client has answered what was routed to it before, with a deadline: a range of it is gone, say. What
     * the calling thread itself is inside is not waited for.
     */
    public void settle(IoClient client) {
        slots.awaitRouted();
        for (int vcpu = 0; vcpu < slots.count(); vcpu++) {
            Slot slot = slots.slot(vcpu);
            long generation = slot.generation();
            if (client instanceof Client who && slot.with(who) && !slot.inside(who, Thread.currentThread())) {
                await(() -> !slot.serving(generation), TimeUnit.SECONDS.toNanos(REMOVAL_SECONDS));
            }
        }
    }

    @Override
    public IoClient inlineDefault(String name, IoHandler handler) {
        return added(new InlineClient(checked("inlineDefault", name), handler, true, registry, answers));
    }

    @Override
    public IoClient threaded(String name, IoHandler handler) {
        ThreadedClient client = new ThreadedClient(vmid, checked("threaded", name), handler, registry, answers);
        registry.add(client);
        client.start();
        return client;
    }

    @Override
    public DefaultClient createDefault() {
        life.check("createDefault");
        AttachedClient client = new AttachedClient(registry, page);
        registry.add(client);
        for (int vcpu = 0; vcpu < slots.count(); vcpu++) {
            if (attached(slots.slot(vcpu)) != 0) {
                client.adopt(vcpu); // left behind by the one before
            }
        }
        return client;
    }

    private InlineClient added(InlineClient client) {
        registry.add(client);
        return client;
    }

    private String checked(String operation, String name) {
        life.check(operation);
        if (name.isBlank()) {
            throw new HsmException(Errno.EINVAL, operation, "a client needs a name of 1 to 15 characters");
        }
        return name;
    }

    @Override
    public Optional<DefaultClient> attachable() {
        return registry.fallback() instanceof AttachedClient client ? Optional.of(client) : Optional.empty();
    }

    @Override
    public void notifyFinished(int vcpu) {
        life.check("notifyFinished");
        if (vcpu < 0 || vcpu >= slots.count()) {
            throw new HsmException(Errno.EINVAL, "notifyFinished",
                    "there is no vCPU " + vcpu + " among " + slots.count());
        }
        if (registry.fallback() instanceof AttachedClient client) {
            Slot slot = slots.slot(vcpu);
            long generation = attached(slot);
            if (generation != 0) {
                client.dropped(vcpu); // it may have adopted the request
                beforeAnswer.run();
                answers.answerInPlace(slot, generation);
            } else if (slot.client() instanceof AttachedClient) {
                answers.refused();
            }
        }
    }

    /** {@return the generation of the request that a default client of the attach form has; 0 for none} */
    private static long attached(Slot slot) {
        long generation = slot.servingGeneration();
        return generation != 0 && slot.client() instanceof AttachedClient ? generation : 0;
    }

    @Override
    public void clear() {
        life.check("clear");
        dispatcher.beginClearing();
        goOn();
        try {
            await(() -> !slots.any(Slot::withThread), TimeUnit.MILLISECONDS.toNanos(CLEAR_MILLIS));
            for (int vcpu = 0; vcpu < slots.count(); vcpu++) {
                clear(vcpu);
            }
        } finally {
            dispatcher.endClearing();
        }
    }

    private void clear(int vcpu) {
        do {
            dispatcher.dispatch(vcpu); // completes at once what waits for a client
            Slot slot = slots.slot(vcpu);
            long generation = attached(slot);
            if (generation != 0) {
                answers.answerInPlace(slot, generation);
            }
        } while (protocol.posted(vcpu) && slots.slot(vcpu).servingGeneration() == 0);
    }

    @Override
    public List<ClientInfo> clients() {
        return registry.infos();
    }

    @Override
    public List<IoTrace> trace() {
        TraceRing ring = answers.trace();
        return ring == null ? List.of() : ring.entries();
    }

    @Override
    public void trace(int entries) {
        if (entries < 0 || entries > MAX_TRACE) {
            throw new HsmException(Errno.EINVAL, "trace", entries + " entries are not 0 to " + MAX_TRACE);
        }
        answers.trace(entries == 0 ? null : new TraceRing(entries, counters().completed()));
    }

    @Override
    public Counters counters() {
        long posted = 0;
        long completed = 0;
        long unclaimed = 0;
        for (int vcpu = 0; vcpu < slots.count(); vcpu++) {
            Slot slot = slots.slot(vcpu);
            slot.phase(); // volatile: the counts are at least those of the last change of phase
            posted += slot.posted;
            completed += slot.completed;
            unclaimed += slot.unclaimed;
        }
        return new Counters(posted, completed, answers.lost(), answers.twice(), unclaimed);
    }

    /**
     * Resets: nothing is dispatched or answered while the hypervisor frees the slots. What was in flight is forgotten;
     * a handler that is inside goes on, and its answer is refused.
     *
     * @param reset
     *            has the hypervisor free the slots; when it throws, all is as it was
     * @throws HsmException
     *             EBUSY when another reset is going on
     */
    public void reset(Runnable reset) {
        if (!resetting.compareAndSet(false, true)) {
            throw new HsmException(Errno.EBUSY, "reset", "another reset of VM " + vmid + " is going on");
        }
        slots.hold();
        restored = false;
        try {
            reset.run();
            slots.drop();
            slots.renew();
        } finally {
            slots.unhold();
            resetting.set(false);
            serveOrphans();
        }
    }

    /** Gives up each client that has a request: the VM does not come to rest. */
    public void abandonBusy() {
        for (Client client : registry.clients()) {
            if (client instanceof HandlerClient handler && slots.any(slot -> slot.with(handler))) {
                handler.abandon();
            }
        }
    }

    /**
     * Does something while no request is dispatched or answered, and none is inside a handler that is called inline.
     *
     * @throws HsmException
     *             ETIMEDOUT when such a handler does not return
     */
    public void whileStill(Runnable action) {
        try {
            for (int vcpu = 0; vcpu < slots.count(); vcpu++) {
                int index = vcpu;
                if (!await(() -> slots.slot(index).holdUnlessInline(), TimeUnit.SECONDS.toNanos(STILL_SECONDS))) {
                    Client client = slots.slot(vcpu).client();
                    throw new HsmException(Errno.ETIMEDOUT, "snapshot",
                            "the client '%s' has not answered vCPU %d for %d s"
                                    .formatted(client == null ? "" : client.clientName(), vcpu, STILL_SECONDS));
                }
            }
            action.run();
        } finally {
            if (!restored) {
                slots.unhold();
                serveOrphans();
            }
        }
    }

    /** {@return all of it as data; inside {@link #whileStill}} */
    public ModelState save() {
        return SavedRequests.save(page, slots, answers, combiner);
    }

    /** Becomes what was saved; no request is dispatched before {@link #goOn}, so that clients can be made. */
    public void restore(ModelState state) {
        slots.hold();
        restored = true;
        SavedRequests.restore(state, page, slots, answers, combiner);
    }

    /** The VM is going to run: requests of a restored one are dispatched from now on. */
    public void goOn() {
        if (restored) {
            restored = false;
            slots.unhold();
            serveOrphans();
        }
    }

    /**
     * Ends all clients, in the order of {@code hsm.md} 4.6, after the hypervisor has destroyed the VM: first those with
     * ranges, then the default one. Afterwards nothing touches the page, and no handler is held. Waits for handlers and
     * threads, with a deadline.
     *
     * @return what did not end, for people; empty when all did
     */
    public String shutDown() {
        slots.drop();
        List<Client> clients = registry.clients();
        for (Client client : clients) {
            registry.remove(client);
            end(client);
        }
        thread.stop();
        Thread caller = Thread.currentThread();
        boolean ended = await(() -> thread.stopped() && clients.stream().allMatch(RoutedIoRequests::ended)
                && !slots.anyAside(slot -> slot.dispatchedByOther(caller)), TimeUnit.SECONDS.toNanos(SHUTDOWN_SECONDS));
        if (ended) {
            clients.forEach(RoutedIoRequests::letGo);
        }
        return ended ? "" : "a handler or thread of VM " + vmid + " has not ended";
    }

    private static void letGo(Client client) {
        if (client instanceof HandlerClient handler) {
            handler.letGo();
        }
    }

    private static boolean ended(Client client) {
        return switch (client) {
            case AttachedClient attached -> true;
            case HandlerClient handler -> handler.stopped() || handler.inside(Thread.currentThread());
        };
    }

    /** Waits for a condition; an interrupt shortens it. @return whether it has come */
    private static boolean await(BooleanSupplier condition, long nanos) {
        long deadline = System.nanoTime() + nanos;
        long pause = 1000;
        while (!condition.getAsBoolean() && System.nanoTime() - deadline < 0
                && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(pause);
            pause = Math.min(pause * 2, 1_000_000);
        }
        return condition.getAsBoolean();
    }

    private static void end(Client client) {
        switch (client) {
            case AttachedClient attached -> attached.close();
            case HandlerClient handler -> handler.stop();
        }
    }
}
