package org.cupule.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.cupule.host.EventFd;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.eventfd.IoEventFd;
import org.cupule.hsm.ioreq.IoClient;
import org.cupule.hsm.ioreq.IoRequests;
import org.cupule.hypervisor.PciAssignment;
import org.cupule.hypervisor.VirtualDevice;
import org.cupule.ram.Access;
import org.cupule.tck.hsm.ScriptedDevices;
import org.cupule.types.Bdf;
import org.cupule.types.Behaviour;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;
import org.cupule.types.Msi;

/**
 * One VM of the soak, to which a thread does one thing after another, by a seed: clients come and go, events are
 * assigned and signalled, the VM is paused, reset, destroyed and made again. Whenever it stands still the guest's
 * counts and the host's are compared.
 *
 * @threading confined to its thread
 */
final class SoakVm implements AutoCloseable {
    private static final long RAM_BYTES = 1 << 20;
    private static final long PROGRESS_SECONDS = 60;
    private static final int PROGRESS = 64;
    private static final int MOST_CLIENTS = 6;
    private static final int EPOCHS = 14;
    private static final VirtualDevice SERIAL = VirtualDevice.of(0x9710, 0x9900, 0x38, "");
    private static final Msi INTERRUPT = new Msi(0xFEE0_0000L, SoakGuest.VECTOR);

    private final HypervisorServiceModule hsm;
    private final String name;
    private final Random random;
    private final List<IoClient> clients = new ArrayList<>();
    private VirtualMachine vm;
    private SoakGuest guest;
    private SoakAccount account;
    private IoClient bus;
    private EventFd doorbell;
    private EventFd line;
    private boolean doorbellAssigned;
    private boolean lineAssigned;
    private int epoch;
    private long signals;
    private long doorbellsTaken;
    private int resets;

    /** What was done in all, for people. */
    long requests;
    long steps;
    long longestRestMillis;

    SoakVm(HypervisorServiceModule hsm, String name, long seed) {
        this.hsm = hsm;
        this.name = name;
        this.random = new Random(seed);
        create();
    }

    private void create() {
        vm = hsm.create(new VmCreation(name, "", SoakGuest.VCPUS, 0, Behaviour.X86, false, random.nextInt(4) == 0,
                Map.of()));
        vm.memory().addRam(0, RAM_BYTES, Access.ALL);
        guest = new SoakGuest(vm);
        doorbell = vm.eventFds().create();
        line = vm.eventFds().create();
        doorbellAssigned = false;
        lineAssigned = false;
        resets = 0;
        clients.clear();
        begin();
    }

    /** A new life of the guest: from CREATED to RUNNING. */
    private void begin() {
        epoch = epoch % EPOCHS + 1;
        account = new SoakAccount(epoch);
        doorbell.take();
        doorbellsTaken = 0;
        signals = 0;
        if (bus != null) {
            bus.close();
        }
        bus = vm.ioRequests().inlineDefault("bus", account.handler(false));
        passThrough();
        guest.load(epoch);
        vm.start();
    }

    /** Devices can be given and taken away only before the start. */
    private void passThrough() {
        if (random.nextInt(3) == 0) {
            passedThrough(random.nextBoolean());
        }
        if (random.nextInt(3) == 0) {
            refusable(() -> vm.passthrough().create(SERIAL));
        } else {
            refusable(() -> vm.passthrough().destroy(SERIAL));
        }
    }

    /** The VMs compete for one function of the host: who comes late is refused. */
    private void passedThrough(boolean assign) {
        PciAssignment device = PciAssignment.of(Bdf.parse("00:05.0"), ScriptedDevices.FUNCTION, 1);
        refusable(() -> {
            if (assign) {
                vm.passthrough().assign(device);
            } else {
                vm.passthrough().deassign(device);
            }
        });
    }

    private static void refusable(Runnable action) {
        try {
            action.run();
        } catch (HsmException refused) {
            Refusal.check(refused);
        }
    }

    /** Does one thing. */
    void step() {
        steps++;
        awaitProgress();
        switch (random.nextInt(16)) {
            case 0, 1, 2, 3 -> addClient();
            case 4, 5, 6 -> removeClient();
            case 7 -> changeRanges();
            case 8 -> turnDoorbell();
            case 9, 10 -> interrupt();
            case 11, 12 -> pause();
            case 13, 14 -> reset();
            default -> recreate();
        }
    }

    private void awaitProgress() {
        long wanted = account.reads.get() + PROGRESS;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PROGRESS_SECONDS);
        while (account.reads.get() < wanted) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("%s: the guest goes no further: %s, %s, %s".formatted(name, vm.describe(),
                        vm.ioRequests().counters(), guest.counts()));
            }
            LockSupport.parkNanos(100_000);
        }
    }

    private IoRange range() {
        int ports = 4 * (1 + random.nextInt(4));
        return IoRange.ports(SoakGuest.FIRST_PORT + 4 * random.nextInt(SoakGuest.PORTS / 4), ports);
    }

    private void addClient() {
        if (clients.size() == MOST_CLIENTS) {
            removeClient();
        }
        var handler = account.handler(random.nextInt(8) == 0);
        IoClient client = random.nextBoolean()
                ? vm.ioRequests().inline("inline", handler)
                : vm.ioRequests().threaded("threaded", handler);
        client.add(range());
        clients.add(client);
    }

    private void removeClient() {
        if (!clients.isEmpty()) {
            clients.remove(random.nextInt(clients.size())).close();
        }
    }

    private void changeRanges() {
        for (IoClient client : clients) {
            IoRange range = range();
            client.add(range);
            if (random.nextBoolean()) {
                client.remove(range);
            }
        }
    }

    private void turnDoorbell() {
        if (doorbellAssigned) {
            vm.eventFds().deassignIoEventFd(doorbell);
        } else {
            vm.eventFds().assign(doorbell, IoEventFd.port(SoakGuest.DOORBELL, 4));
        }
        doorbellAssigned = !doorbellAssigned;
    }

    private void interrupt() {
        if (!lineAssigned) {
            vm.eventFds().assign(line, INTERRUPT);
        } else if (random.nextInt(3) == 0) {
            vm.eventFds().deassignIrqFd(line);
            line.take();
            lineAssigned = false;
            return;
        }
        lineAssigned = true;
        for (int i = random.nextInt(50); i > 0; i--) {
            line.signal();
            signals++;
        }
    }

    private void pause() {
        comeToRest();
        compare();
        vm.resume();
    }

    private void comeToRest() {
        long start = System.nanoTime();
        try {
            vm.pause();
        } catch (HsmException refused) {
            throw new SoakWitness(vm).explain(name + " after " + steps + " steps", refused);
        }
        longestRestMillis = Math.max(longestRestMillis, (System.nanoTime() - start) / 1_000_000);
    }

    private void reset() {
        comeToRest();
        compare();
        closeClients();
        if (random.nextBoolean()) {
            vm.ioRequests().clear();
        }
        requests += account.writes.get() + account.reads.get();
        vm.reset();
        resets++;
        begin();
    }

    private void closeClients() {
        clients.forEach(IoClient::close); // they count for the life that ends
        clients.clear();
    }

    private void recreate() {
        destroy();
        create();
    }

    private void destroy() {
        if (random.nextBoolean()) {
            comeToRest();
            compare();
        }
        requests += account.writes.get() + account.reads.get();
        IoRequests all = vm.ioRequests();
        vm.close();
        bus = null;
        doorbell.close();
        line.close();
        IoRequests.Counters counters = all.counters();
        require(counters.lost() == 0 && counters.twice() == 0, "at its end: " + counters);
        require(account.wrong.isEmpty(), account.wrong.toString());
    }

    /** It stands still: what the guest has counted is what the host has, less what is on its way. */
    private void compare() {
        SoakGuest.Counts counts = guest.counts();
        IoRequests.Counters counters = vm.ioRequests().counters();
        String all = "%s %s, host: writes %s, reads %s, failed reads %s, doorbells %s + %d".formatted(counts, counters,
                account.writes, account.reads, account.ones, account.doorbells, doorbellsTaken);
        require(account.wrong.isEmpty(), account.wrong.toString());
        require(counts.wrong() == 0, all);
        require(inFlight(account.writes.get() - account.reads.get()), all);
        require(inFlight(account.reads.get() - counts.good() - counts.ones()), all);
        require(counts.ones() <= account.ones.get(), all);
        doorbellsTaken += doorbell.take();
        require(inFlight(account.doorbells.get() + doorbellsTaken - counts.doorbells()), all);
        require(counters.lost() == 0 && counters.twice() == 0, all);
        long open = counters.posted() - counters.completed();
        require(open >= 0 && open <= (long) SoakGuest.VCPUS * (resets + 1), all);
    }

    private static boolean inFlight(long difference) {
        return difference >= 0 && difference <= SoakGuest.VCPUS;
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(name + " after " + steps + " steps: " + otherwise);
        }
    }

    @Override
    public void close() {
        destroy();
    }
}
