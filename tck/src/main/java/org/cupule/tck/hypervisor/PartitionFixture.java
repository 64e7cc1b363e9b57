package org.cupule.tck.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongUnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.cupule.abi.IoRequestPage;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.Partition.State;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.Region;
import org.cupule.hypervisor.Upcall;
import org.cupule.hypervisor.VcpuState;
import org.cupule.ram.Access;
import org.cupule.ram.Ram;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.AfterEach;

/**
 * One partition of the hypervisor under test, with 1 MiB of RAM at 0, and an HSM of ten lines that keeps every request
 * and answers at once: a read gives what {@link #answer} says.
 *
 * <p>
 * Guests are loaded at 0x1000 and begin in flat 32-bit protected mode with interrupts off, or in real mode with all
 * segments at 0.
 *
 * @threading the test's thread; requests come on any
 */
public abstract class PartitionFixture implements Upcall {
    /** Where guests begin. */
    protected static final int ENTRY = 0x1000;
    /** Bytes of RAM at 0. */
    protected static final int RAM_BYTES = 1 << 20;

    private static final long DEADLINE_SECONDS = 120;
    private static final int GDT = 0x500;
    private static final int IDT = 0x600;

    /** One request, as it stood in its slot when the upcall was made. */
    protected record Request(int vcpu, int type, boolean write, long address, long size, long value) {
    }

    /** The memory of the partition and its page. */
    protected final Arena arena = Arena.ofShared();
    /** The I/O request page. */
    protected final MemorySegment pageMemory = arena.allocate(IoRequestPage.PAGE_BYTES, 4096);
    /** A view of it. */
    protected final IoRequestPage page = new IoRequestPage(pageMemory);
    /** The guest's memory. */
    protected final Ram ram = new Ram(arena.allocate(RAM_BYTES, 4096));
    /** Everything the guest asked for, in order. */
    protected final List<Request> requests = new CopyOnWriteArrayList<>();
    /** Everything the partition told. */
    protected final List<PartitionEvent> events = new CopyOnWriteArrayList<>();
    /** What a read gives. */
    protected volatile LongUnaryOperator answer = address -> 0xA5;
    /** What is done in each upcall, before the request is answered. */
    protected volatile Runnable onRequest = () -> {
    };
    /** Whether requests are left PROCESSING instead. */
    protected volatile boolean hold;

    private final List<Partition> made = new ArrayList<>();

    /** Only a fixture. */
    protected PartitionFixture() {
    }

    /** {@return the hypervisor under test, the same one during a test} */
    protected abstract Hypervisor hypervisor();

    /** {@return a partition with RAM and page, CREATED} */
    protected Partition partition(int vcpus) {
        return partition(vcpus, Behaviour.X86, 0);
    }

    /** {@return a partition with RAM and page, CREATED} */
    protected Partition partition(int vcpus, Behaviour behaviour, long flags) {
        Partition partition = create(vcpus, behaviour, flags);
        partition.setIoRequestPage(pageMemory);
        partition.setRegions(List.of(Region.add(0, ram, 0, RAM_BYTES, Access.ALL)));
        return partition;
    }

    /** {@return a partition without anything, CREATED} */
    protected Partition create(int vcpus, Behaviour behaviour, long flags) {
        Partition partition = hypervisor().create(
                new PartitionCreation("tck", (1L << vcpus) - 1, flags, behaviour, false, false, Map.of()), this);
        made.add(partition);
        return partition;
    }

    /** Puts bytes into the guest's memory. */
    protected void load(int address, byte[] bytes) {
        ram.write(address, bytes, 0, bytes.length);
    }

    /** Starts a guest in flat protected mode. */
    protected Partition start(Partition partition, byte[] code) {
        load(ENTRY, code);
        partition.setRegisters(0, protectedMode());
        partition.start();
        return partition;
    }

    /** {@return flat 32-bit protected mode at the entry, with a GDT, an empty IDT and a stack} */
    protected VcpuState protectedMode() {
        long[] descriptors = {0, 0x00CF_9B00_0000_FFFFL, 0x00CF_9300_0000_FFFFL};
        for (int i = 0; i < descriptors.length; i++) {
            ram.segment().set(ValueLayout.JAVA_LONG, GDT + 8L * i, descriptors[i]);
        }
        long[] general = new long[16];
        general[4] = 0x8000;
        return new VcpuState(general, ENTRY, 0, 0x11, 0, 0, 0, 0, -1, 0xC09B,
                new int[]{8, 0x10, 0x10, 0x10, 0x10, 0x10, 0, 0}, GDT, 0x17, IDT, 0x3FF);
    }

    /** {@return real mode at the entry, all segments at 0, with the interrupt vector table at 0} */
    protected VcpuState realMode() {
        long[] general = new long[16];
        general[4] = 0x8000;
        return new VcpuState(general, ENTRY, 0, 0x10, 0, 0, 0, 0, 0xFFFF, 0x9B, new int[8], 0, 0xFFFF, 0, 0x3FF);
    }

    /** Puts an interrupt gate of protected mode into the IDT; vectors below 128. */
    protected void gate(int vector, int handler) {
        long low = (long) (handler >>> 16) << 48 | 0x8E00L << 32 | 8L << 16 | handler & 0xFFFF;
        ram.segment().set(ValueLayout.JAVA_LONG, IDT + 8L * vector, low);
    }

    /** {@return the values that the guest wrote to a port, in order} */
    protected List<Long> written(int port) {
        return requests.stream()
                .filter(request -> request.write() && request.type() == IoRequestPage.PORTIO
                        && request.address() == port)
                .map(Request::value).toList();
    }

    /** Answers a request that was held. */
    protected void complete(Partition partition, int vcpu, long value) {
        page.value(vcpu, value);
        page.state(vcpu, IoRequestPage.COMPLETE);
        partition.finish(vcpu);
    }

    /** Waits for something, with a deadline. */
    protected static void await(String what, BooleanSupplier condition) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - until > 0) {
                throw new AssertionError("not within " + DEADLINE_SECONDS + " s: " + what);
            }
            Thread.yield();
        }
    }

    /** Asserts that a call fails with an error number. */
    protected static void refuses(Errno errno, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(HsmException.class,
                failure -> assertThat(failure.errno()).as(failure.getMessage()).isEqualTo(errno));
    }

    @Override
    public void request(int vcpu) {
        requests.add(new Request(vcpu, page.type(vcpu), page.write(vcpu), page.address(vcpu), page.size(vcpu),
                page.value(vcpu)));
        onRequest.run();
        boolean held = hold; // who sees PROCESSING may end it at once
        page.state(vcpu, IoRequestPage.PROCESSING);
        if (!held) {
            if (!page.write(vcpu)) {
                page.value(vcpu, answer.applyAsLong(page.address(vcpu)));
            }
            page.state(vcpu, IoRequestPage.COMPLETE);
        }
    }

    @Override
    public void event(PartitionEvent event) {
        events.add(event);
    }

    @AfterEach
    void destroy() {
        for (Partition partition : made) {
            if (partition.state() != State.POWERED_OFF) {
                partition.pause();
                partition.destroy();
            }
        }
        arena.close();
    }
}
