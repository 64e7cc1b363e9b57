package org.cupule.tck.client;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.cupule.hsm.ioreq.IoHandler;
import org.cupule.hsm.ioreq.IoRequestClient;
import org.cupule.tck.check.Verdict;

/**
 * All checks of clients, in the order in which they look. {@code IoRequestClient} and {@code IoHandler} say what is
 * looked at.
 *
 * @threading immutable
 */
public final class ClientChecks {
    private static final int REQUESTS = 500;
    private static final int AROUND = 64;
    private static final int MACHINES = 100;
    private static final int VCPUS = 4;
    private static final Duration SETTLE = Duration.ofSeconds(5);
    private static final Duration LATE = Duration.ofMillis(100);
    private static final long TOGETHER_SECONDS = 30;
    private static final long NAP_NANOS = 10_000_000;

    private static final List<ClientCheck> ALL = List.of(
            new ClientCheck("attach", "A VM without a handler goes without the client, and nobody sees why.",
                    "attach must return a handler, for every name that a VM can have.", ClientChecks::attach),
            new ClientCheck("any-access", "Guests are hostile: any width at any offset must be answered.",
                    "Do not take the width or the alignment of an access for granted; answer what is not understood.",
                    ClientChecks::anyAccess),
            new ClientCheck("deadline", "A call holds the vCPU that made it, or the thread of all of the VM's clients.",
                    "Hand long work to a thread of the client's, and answer with what is known now.",
                    ClientChecks::deadline),
            new ClientCheck("view-ends", "The request is a view of a slot that has the next request a moment later.",
                    "Copy address, size and value before they are handed to another thread.", ClientChecks::viewEnds),
            new ClientCheck("several-vcpus", "Several vCPUs of a VM call an inline handler at once.",
                    "Use atomics, concurrent collections or a lock; or say cupule.threaded.",
                    ClientChecks::severalVcpus),
            new ClientCheck("vms-apart", "Two machines must not see each other.",
                    "Keep what a guest writes with the handler that attach returns, not with the client.",
                    ClientChecks::vmsApart),
            new ClientCheck("number-again",
                    "The next VM with the same number is another guest, and must not see the last one's.",
                    "Forget the VM in detach, and begin anew in attach.", ClientChecks::numberAgain),
            new ClientCheck("come-and-go", "Machines come and go for as long as the platform runs.",
                    "attach and detach must work in any order, any number of times.", ClientChecks::comeAndGo),
            new ClientCheck("forgets", "What is kept of each VM that went fills the memory one day.",
                    "Remove the handler from every list and map in detach.", ClientChecks::forgets),
            new ClientCheck("ends-threads", "A thread that goes on keeps the plug-in's classes after it is unplugged.",
                    "End a VM's threads in detach, the client's own in close or in its @Deactivate method.",
                    ClientChecks::endsThreads));

    private ClientChecks() {
    }

    /** {@return the checks} */
    public static List<ClientCheck> all() {
        return ALL;
    }

    private static Vcpu vcpu(ClientSubject subject, long seed) {
        return new Vcpu(0, seed, subject.ranges());
    }

    private static Verdict attach(ClientSubject subject) {
        for (String name : List.of("guest", "", "a name with blanks, \u00e9, and 'quotes'")) {
            if ((Object) subject.fresh().get().attach(1, name) == null) {
                return Verdict.fail("there is no handler for a VM named '%s'", name);
            }
        }
        return Verdict.pass("there is a handler for each VM");
    }

    private static Verdict anyAccess(ClientSubject subject) {
        IoHandler handler = subject.fresh().get().attach(1, "guest");
        Vcpu vcpu = vcpu(subject, 1);
        vcpu.askEverywhere(handler, AROUND);
        vcpu.ask(handler, REQUESTS);
        return Verdict.pass("every request was answered");
    }

    private static Verdict deadline(ClientSubject subject) {
        IoHandler handler = subject.fresh().get().attach(1, "guest");
        Vcpu vcpu = vcpu(subject, 2);
        vcpu.askEverywhere(handler, AROUND);
        return vcpu.longestNanos() > subject.deadline().toNanos()
                ? Verdict.fail("the %s took %d ms, and may take %d", vcpu.longest(), vcpu.longestNanos() / 1_000_000,
                        subject.deadline().toMillis())
                : Verdict.pass("the longest call took %d us", vcpu.longestNanos() / 1000);
    }

    private static Verdict viewEnds(ClientSubject subject) {
        IoHandler handler = subject.fresh().get().attach(1, "guest");
        Vcpu vcpu = vcpu(subject, 3);
        vcpu.ask(handler, REQUESTS);
        return becomes(LATE, () -> !vcpu.usedLate().isEmpty())
                ? Verdict.fail("the %s was looked at after its call", vcpu.usedLate())
                : Verdict.pass("no request was looked at after its call");
    }

    private static Verdict severalVcpus(ClientSubject subject) throws Exception {
        if (subject.threaded()) {
            return Verdict.notApplicable("it has a thread of its own in each VM");
        }
        IoHandler handler = subject.fresh().get().attach(1, "guest");
        CyclicBarrier together = new CyclicBarrier(VCPUS);
        try (ExecutorService vcpus = Executors.newFixedThreadPool(VCPUS)) {
            List<Future<List<Long>>> answers = new ArrayList<>();
            for (int number = 0; number < VCPUS; number++) {
                Vcpu vcpu = new Vcpu(number, number, subject.ranges());
                answers.add(vcpus.submit(() -> {
                    together.await();
                    return vcpu.ask(handler, REQUESTS);
                }));
            }
            for (Future<List<Long>> each : answers) {
                each.get(TOGETHER_SECONDS, TimeUnit.SECONDS);
            }
        }
        return Verdict.pass("%d vCPUs asked at once", VCPUS);
    }

    private static List<Long> ofUndisturbed(ClientSubject subject) {
        return vcpu(subject, 4).ask(subject.fresh().get().attach(2, "guest"), REQUESTS);
    }

    private static Verdict same(ClientSubject subject, List<Long> seen, String disturbed) {
        List<Long> wanted = ofUndisturbed(subject);
        if (!wanted.equals(ofUndisturbed(subject))) {
            return Verdict.notApplicable("two runs of the same requests do not give the same answers");
        }
        return seen.equals(wanted)
                ? Verdict.pass("%d answers were as ever", seen.size())
                : Verdict.fail("a VM got other answers %s than alone", disturbed);
    }

    private static Verdict vmsApart(ClientSubject subject) {
        IoRequestClient client = subject.fresh().get();
        IoHandler first = client.attach(1, "first");
        IoHandler second = client.attach(2, "guest");
        vcpu(subject, 5).ask(first, REQUESTS);
        return same(subject, vcpu(subject, 4).ask(second, REQUESTS), "beside one that has used the client");
    }

    private static Verdict numberAgain(ClientSubject subject) {
        IoRequestClient client = subject.fresh().get();
        vcpu(subject, 5).ask(client.attach(2, "first"), REQUESTS);
        client.detach(2);
        return same(subject, vcpu(subject, 4).ask(client.attach(2, "guest"), REQUESTS),
                "after another one had its number");
    }

    private static Verdict comeAndGo(ClientSubject subject) {
        IoRequestClient client = subject.fresh().get();
        for (int vm = 0; vm < MACHINES; vm++) {
            vcpu(subject, vm).ask(client.attach(vm, "guest" + vm), 2);
            if (vm % 2 == 1) {
                client.detach(vm);
                client.detach(vm - 1);
            }
        }
        return Verdict.pass("%d VMs came and went", MACHINES);
    }

    private static Verdict forgets(ClientSubject subject) {
        IoRequestClient client = subject.fresh().get();
        if (client.attach(1, "one") == client.attach(2, "two")) {
            return Verdict.notApplicable("one handler serves all VMs");
        }
        WeakReference<IoHandler> handler = attached(subject, client);
        client.detach(3);
        boolean gone = becomes(SETTLE, () -> {
            System.gc();
            return handler.refersTo(null);
        });
        java.lang.ref.Reference.reachabilityFence(client);
        return gone
                ? Verdict.pass("nothing of a VM that went is kept")
                : Verdict.fail("the handler of a VM that went is still held by the client");
    }

    /** A method of its own, so that no frame holds the handler afterwards. */
    private static WeakReference<IoHandler> attached(ClientSubject subject, IoRequestClient client) {
        IoHandler handler = client.attach(3, "three");
        vcpu(subject, 6).ask(handler, REQUESTS);
        return new WeakReference<>(handler);
    }

    private static Verdict endsThreads(ClientSubject subject) throws Exception {
        Set<Thread> before = threads();
        IoRequestClient client = subject.fresh().get();
        vcpu(subject, 7).ask(client.attach(1, "guest"), REQUESTS);
        client.detach(1);
        if (client instanceof AutoCloseable closeable) {
            closeable.close();
        }
        return becomes(SETTLE, () -> before.containsAll(threads()))
                ? Verdict.pass("no thread goes on")
                : Verdict.fail("threads go on: %s", threads().stream().filter(thread -> !before.contains(thread))
                        .map(Thread::getName).collect(Collectors.joining(", ")));
    }

    /** {@return the threads of the process, but those of the JDK's pools, which go when they like} */
    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !thread.getName().startsWith("ForkJoinPool"))
                .collect(Collectors.toCollection(HashSet::new));
    }

    /** {@return whether it becomes true before the time is over} */
    private static boolean becomes(Duration longest, BooleanSupplier condition) {
        long end = System.nanoTime() + longest.toNanos();
        boolean holds = condition.getAsBoolean();
        while (!holds && System.nanoTime() - end < 0) {
            LockSupport.parkNanos(NAP_NANOS);
            holds = condition.getAsBoolean();
        }
        return holds;
    }
}
