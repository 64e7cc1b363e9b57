package org.cupule.linux.acrn;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.rig.guest.Signals;
import org.cupule.rig.guest.Soon;
import org.cupule.rig.guest.StandIn;
import org.cupule.rig.guest.Sys;
import org.cupule.rig.guest.VmStat;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The backend on Linux's own driver: clients of the HSM serve what vCPUs ask, and nothing is left when a VM goes. */
class AcrnClaims {
    private static final boolean LONG = Boolean.getBoolean("cupule.long");
    private static final int LIVES = LONG ? 1000 : 100;
    private static final int SHUTDOWNS = LONG ? 10_000 : 200;
    private static final int SIGNALS = LONG ? 3000 : 300;
    /** A JVM starts meanwhile. */
    private static final Duration ENOUGH = Duration.ofMinutes(4);
    private static final int READ = 0;
    private static final int PORT = 0;
    private static final int ACCESS_ALL = 7;

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
        System.out.printf("VERIFIED: rig lives: %d VMs made and destroyed on Linux's ACRN driver, as many seen by the"
                + " hypervisor; descriptors and pinned pages as before%n", LIVES);
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
        System.out.printf(
                "VERIFIED: rig shutdowns: %d VMs closed with a request in flight, all destroyed; descriptors and"
                        + " pinned pages as before%n",
                SHUTDOWNS);
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
        System.out.printf("VERIFIED: rig signals: %d requests served once each while %d signals hit the thread in"
                + " ATTACH%n", SIGNALS, SIGNALS);
    }

    @ParameterizedTest(name = "a JVM that is killed with a VM {0} leaves no VM and no pinned page, and others can be made")
    @ValueSource(strings = {"paused", "paused with a request in flight", "running", "running with a request in flight"})
    void killed(String point) throws IOException, InterruptedException {
        long pinned = VmStat.pinned();
        Process process = new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("java.class.path"), Killed.class.getName(), point).redirectErrorStream(true).start();
        try (var lines = process.inputReader()) {
            List<String> seen = lines.lines().takeWhile(line -> !line.equals(Killed.READY)).toList();
            assertThat(StandIn.counts()).as("after %s", seen).startsWith(1, 0, 1);
            process.destroyForcibly().waitFor();
        }
        Soon.until(() -> StandIn.counts()[2] == 0, ENOUGH);
        Soon.until(() -> VmStat.pinned() == pinned, ENOUGH);
        started().close();
        assertThat(StandIn.counts()).startsWith(2, 2, 0);
        System.out.printf("VERIFIED: rig killed: a JVM ended by SIGKILL with a VM %s left nothing behind%n", point);
    }

    /** A process with a VM, one of its threads in ATTACH, or inside a handler. */
    static final class Killed {
        static final String READY = "ready";

        private Killed() {
        }

        /** Waits to be killed. */
        public static void main(String[] arguments) throws InterruptedException {
            VirtualMachine vm = OnAcrn.create(OnAcrn.hsm());
            vm.memory().addRam(0, 0x10000, ACCESS_ALL);
            vm.ioRequests().inlineDefault("bus", access -> -1);
            if (arguments[0].endsWith("flight")) {
                CountDownLatch inside = new CountDownLatch(1);
                vm.ioRequests().threaded("stuck", access -> {
                    inside.countDown();
                    LockSupport.parkNanos(Long.MAX_VALUE);
                    return 0;
                }).add(IoRange.ports(0x60, 1));
                vm.start();
                StandIn.post(vm.vmid(), 0, PORT, READ, 0x60, 1, 0);
                inside.await();
            } else {
                vm.start();
            }
            if (arguments[0].startsWith("paused")) {
                vm.pause();
            }
            System.out.println(READY);
            Thread.currentThread().join();
        }
    }
}
