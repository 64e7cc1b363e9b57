package org.cupule.machine.whole;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.Map;
import org.cupule.host.EventFd;
import org.cupule.host.linux.LinuxHost;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.eventfd.IoEventFd;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hv.sim.SimHypervisors;
import org.cupule.hypervisor.VcpuState;
import org.cupule.ram.Access;
import org.cupule.tck.host.Soon;
import org.cupule.types.Msi;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A guest of machine code on the simulated hypervisor signals event counters, and is interrupted by one. */
@Timeout(180)
class EventFdGuestTest {
    private static final int ENTRY = 0x1000;
    private static final int STACK = 0x8000;
    private static final int DOORBELL = 0x510;
    private static final int SERVED = 0x520;
    private static final Msi MESSAGE = new Msi(0xFEE0_0000L, 0x41);

    /**
     * Real mode; x2APIC by its MSRs; vector 0x41 leads to the handler at 0x1038.
     *
     * <pre>
     *         mov ecx, 0x1B        ; IA32_APIC_BASE
     *         rdmsr
     *         or  eax, 0xC00       ; x2APIC
     *         wrmsr
     *         mov ecx, 0x80F       ; spurious vector register: enabled
     *         xor edx, edx
     *         mov eax, 0x1FF
     *         wrmsr
     *         mov word [0x104], handler
     *         mov word [0x106], 0
     *         mov dx, DOORBELL
     *         mov ax, 7
     *         out dx, ax
     *         sti
     * stop:   hlt
     *         jmp stop
     * handler:
     *         mov ecx, 0x80B       ; end of interrupt
     *         xor eax, eax
     *         xor edx, edx
     *         wrmsr
     *         mov dx, SERVED
     *         mov al, 1
     *         out dx, al
     *         iret
     * </pre>
     */
    private static final byte[] GUEST = HexFormat.of().parseHex(("66B91B000000 0F32 660D000C0000 0F30"
            + "66B90F080000 6631D2 66B8FF010000 0F30 C70604013810 C70606010000 BA1005 B80700 EF FB F4 EBFD"
            + "66B90B080000 6631C0 6631D2 0F30 BA2005 B001 EE CF").replace(" ", ""));

    private enum Kind {
        LOCAL, REAL
    }

    private static RoutingHsm hsm(Kind kind) {
        RoutingHsm hsm = new RoutingHsm();
        hsm.bind(SimHypervisors.withHardware(5000), Map.of());
        if (kind == Kind.REAL) {
            hsm.bindHost(new LinuxHost());
        }
        return hsm;
    }

    private static void boot(VirtualMachine vm) {
        vm.memory().addRam(0, 1 << 20, Access.ALL);
        vm.memory().write(ENTRY, GUEST, 0, GUEST.length);
        vm.ioRequests().inlineDefault("bus", access -> -1);
        long[] general = new long[16];
        general[4] = STACK;
        vm.setRegisters(0, new VcpuState(general, ENTRY, 0, 0x30, 0, 0, 0, 0, 0xFFFF, 0x9B, new int[8], 0, 0xFFFF, 0,
                0xFFFF));
        vm.start();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("HSM-IOEFD-03 HSM-IRQFD-01 a guest's OUT signals a counter; a counter's signal gives it one interrupt")
    void aGuestSignalsAndIsInterrupted(Kind kind) {
        try (VirtualMachine vm = hsm(kind).create(VmCreation.of("guest", 1));
                EventFd doorbell = vm.eventFds().create();
                EventFd served = vm.eventFds().create();
                EventFd interrupt = vm.eventFds().create()) {
            vm.eventFds().assign(doorbell, IoEventFd.port(DOORBELL, 2).matching(7));
            vm.eventFds().assign(served, IoEventFd.port(SERVED, 1));
            vm.eventFds().assign(interrupt, MESSAGE);
            boot(vm);
            long interrupts = 0;
            for (int signal = 1; signal <= 20; signal++) {
                interrupt.signal();
                interrupts += taken(served);
                assertThat(interrupts).isEqualTo(signal);
            }

            assertThat(doorbell.take()).isEqualTo(1);
            assertThat(interrupt.take()).isEqualTo(20);
            assertThat(vm.ioRequests().counters().unclaimed()).isZero();
        }
    }

    private static long taken(EventFd counter) {
        long[] sum = new long[1];
        Soon.await("the guest signals", () -> {
            sum[0] = counter.take();
            return sum[0] != 0;
        });
        return sum[0];
    }
}
