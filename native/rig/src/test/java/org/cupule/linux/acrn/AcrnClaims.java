package org.cupule.linux.acrn;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hypervisor.Partition.State;
import org.cupule.hypervisor.VcpuState;
import org.cupule.rig.guest.Signals;
import org.cupule.rig.guest.Soon;
import org.cupule.rig.guest.StandIn;
import org.cupule.rig.guest.Sys;
import org.cupule.rig.guest.VmStat;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;
import org.cupule.types.Msi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The backend on Linux's own driver: clients of the HSM serve what vCPUs ask, and nothing is left when a VM goes. */
class AcrnClaims {
    private static final boolean LONG = Boolean.getBoolean("cupule.long");
    private static final int LIVES = LONG ? 1000 : 100;
    private static final int SHUTDOWNS = LONG ? 10_000 : 200;
    private static final int SIGNALS = 300;
    private static final int READ = 0;
    private static final int PORT = 0;
    private static final int ACCESS_ALL = 7;

    private static final VcpuState REGISTERS = new VcpuState(new long[16], 0xFFF0, 0, 0x30, 0, 0, 0, 0, 0xFFFF, 0x9B,
            new int[8], 0, 0xFFFF, 0, 0xFFFF);

    private RoutingHsm hsm;

    @BeforeEach
    void begin() {
        StandIn.command("reset");
        hsm = OnAcrn.hsm();
    }

    @AfterEach
    void end() {
        StandIn.command("fail 0 0 0");
        hsm.machines().forEach(VirtualMachine::close);
        assertThat(StandIn.counts()[2]).as("VMs that live on").isZero();
    }

    private VirtualMachine started() {
        VirtualMachine vm = OnAcrn.create(hsm);
        vm.memory().addRam(0, 0x10000, ACCESS_ALL);
        vm.ioRequests().inlineDefault("bus", access -> -1);
        vm.start();
        return vm;
    }

    @Test
    @DisplayName("HSM-IOREQ-03 HSM-IOREQ-24 handlers answer what vCPUs ask, the unclaimed is all ones")
    void serves() {
        VirtualMachine vm = started();
        vm.ioRequests().inline("device", access -> access.address() + 1).add(IoRange.ports(0x60, 4));
        vm.ioRequests().threaded("worker", access -> 7).add(IoRange.mmio(0xE000_0000L, 16));

        assertThat(StandIn.in(vm.vmid(), 0, 0x60, 1)).isEqualTo(0x61);
        assertThat(StandIn.in(vm.vmid(), 1, 0x62, 2)).isEqualTo(0x63);
        assertThat(StandIn.access(vm.vmid(), 0, 1, READ, 0xE000_0008L, 4, 0)).isEqualTo(7);
        assertThat(StandIn.in(vm.vmid(), 0, 0x99, 4)).isEqualTo(0xFFFF_FFFFL);
    }

    @Test
    @DisplayName("a device that is exchanged between requests answers with the new one from then on")
    void exchanged() {
        VirtualMachine vm = started();
        for (int round = 0; round < 20; round++) {
            long answer = round;
            var device = vm.ioRequests().inline("device" + round, access -> answer);
            device.add(IoRange.ports(0x60, 1));
            assertThat(StandIn.in(vm.vmid(), round % 2, 0x60, 1)).isEqualTo(round);
            device.close();
        }
        assertThat(StandIn.in(vm.vmid(), 0, 0x60, 1)).isEqualTo(0xFF);
    }

    @Test
    @DisplayName("HSM-VM-14 after many lives of VMs the hypervisor has seen as many ends as beginnings, and nothing is left")
    void lives() {
        started().close();
        long descriptors = VmStat.descriptors();
        long pinned = VmStat.pinned();
        StandIn.command("reset");
        for (int i = 0; i < LIVES; i++) {
            started().close();
        }
        assertThat(StandIn.counts()).startsWith(LIVES, LIVES, 0);
        assertThat(VmStat.descriptors()).isEqualTo(descriptors);
        assertThat(VmStat.pinned()).isEqualTo(pinned);
    }

    @Test
    @DisplayName("HSM-UPC-03 VMs that go while a request is under way leave nothing behind")
    void shutdowns() {
        started().close();
        long pinned = VmStat.pinned();
        long descriptors = VmStat.descriptors();
        StandIn.command("reset");
        for (int i = 0; i < SHUTDOWNS; i++) {
            VirtualMachine vm = started();
            StandIn.post(vm.vmid(), i % 2, PORT, READ, 0x60, 1, 0);
            vm.close();
        }
        assertThat(StandIn.counts()).startsWith(SHUTDOWNS, SHUTDOWNS, 0);
        assertThat(VmStat.pinned()).isEqualTo(pinned);
        assertThat(VmStat.descriptors()).isEqualTo(descriptors);
    }

    private static Errno errno(Runnable call) {
        try {
            call.run();
        } catch (HsmException failure) {
            return failure.errno();
        }
        throw new AssertionError("it did not fail");
    }

    @ParameterizedTest(name = "HSM-VM-03 HSM-VM-04 a creation of which hypercall {0} fails leaves nothing behind")
    @CsvSource({"0x10", "0x30"})
    void creationFails(String call) {
        StandIn.fail(Integer.decode(call), -110, 1);
        assertThat(errno(() -> OnAcrn.create(hsm))).isEqualTo(Errno.EINVAL);
        assertThat(hsm.machines()).isEmpty();
        StandIn.command("reset"); // after the page was refused the driver itself leaves a VM (hsm.md 4.3)
    }

    @ParameterizedTest(name = "HSM-HC-05 where hypercall {0} fails its error arrives, and the VM is as it was")
    @CsvSource({"0x12", "0x13", "0x15", "0x16", "0x23", "0x25", "0x42", "0x11"})
    void callFails(String call) {
        VirtualMachine vm = OnAcrn.create(hsm);
        int number = Integer.decode(call);
        Runnable action = action(vm, number);
        State before = vm.state();
        StandIn.fail(number, -110, 1);

        assertThat(errno(action)).isEqualTo(Errno.ETIMEDOUT);

        assertThat(vm.state()).isEqualTo(before);
        action.run();
    }

    private static Runnable action(VirtualMachine vm, int call) {
        return switch (call) {
            case 0x12 -> vm::start;
            case 0x13 -> {
                vm.start();
                yield vm::pause;
            }
            case 0x15 -> {
                vm.start();
                vm.pause();
                yield vm::reset;
            }
            case 0x16 -> () -> vm.setRegisters(0, REGISTERS);
            case 0x23 -> () -> vm.interrupts().msi(new Msi(0xFEE0_0000L, 0x31));
            case 0x25 -> () -> vm.interrupts().line(5, 0);
            case 0x42 -> () -> vm.memory().addRam(0x10_0000, 0x4000, ACCESS_ALL);
            default -> {
                vm.start();
                vm.pause();
                yield vm::destroy;
            }
        };
    }

    @Test
    @DisplayName("HSM-IOREQ-12 signals that hit the thread in ATTACH lose no request")
    void signals() throws Exception {
        Signals.catchUsr1();
        VirtualMachine vm = started();
        AtomicInteger served = new AtomicInteger();
        vm.ioRequests().inline("device", access -> served.incrementAndGet() & 0x7F).add(IoRange.ports(0x60, 1));
        int waiter = Sys.thread("vm" + vm.vmid() + "-attach");
        var signaller = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < SIGNALS; i++) {
                Sys.kill(waiter, Signals.USR1);
                Thread.yield();
            }
        });
        for (int i = 1; i <= SIGNALS; i++) {
            assertThat(StandIn.in(vm.vmid(), 0, 0x60, 1)).isEqualTo(i & 0x7F);
        }
        signaller.get(60, TimeUnit.SECONDS);
        assertThat(served).hasValue(SIGNALS);
    }

    @Test
    @DisplayName("a JVM that is killed while its VM is paused leaves no VM and no pinned page")
    void killed() throws IOException, InterruptedException {
        long pinned = VmStat.pinned();
        Process process = new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("java.class.path"), Killed.class.getName()).redirectErrorStream(true).start();
        try (var lines = process.inputReader()) {
            List<String> seen = lines.lines().takeWhile(line -> !line.equals(Killed.READY)).toList();
            assertThat(StandIn.counts()).as("after %s", seen).startsWith(1, 0, 1);
            process.destroyForcibly().waitFor();
        }
        Soon.until(() -> StandIn.counts()[2] == 0);
        Soon.until(() -> VmStat.pinned() == pinned);
    }

    /** A process with a paused VM, one of its threads in ATTACH. */
    static final class Killed {
        static final String READY = "ready";

        private Killed() {
        }

        /** Waits to be killed. */
        public static void main(String[] arguments) throws InterruptedException {
            VirtualMachine vm = OnAcrn.create(OnAcrn.hsm());
            vm.memory().addRam(0, 0x10000, ACCESS_ALL);
            vm.ioRequests().inlineDefault("bus", access -> -1);
            vm.start();
            vm.pause();
            System.out.println(READY);
            Thread.currentThread().join();
        }
    }
}
