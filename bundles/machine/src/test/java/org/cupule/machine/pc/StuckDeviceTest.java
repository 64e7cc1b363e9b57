package org.cupule.machine.pc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.annotation.Annotation;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hv.sim.SimHypervisors;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.machine.fake.Probe;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A device that never returns from a call hurts nobody: real guests on the simulated hypervisor. */
@Timeout(180)
class StuckDeviceTest {
    /** mov dx,0x101; in al,dx; out 0xF4,al; hlt: the value goes out as exit status, value * 2 + 1. */
    private static final String READS_AND_ENDS = "BA0101 EC E6F4 F4";
    /** mov dx,0x100; out dx,al; mov dx,0x201; l: in al,dx; cmp al,7; jne l; out 0xF4,al; hlt. */
    private static final String WRITES_AND_POLLS_THE_OTHER = "BA0001 EE BA0102 EC 3C07 75FB E6F4 F4";
    /** l: mov dx,0x201; in al,dx; jmp l. */
    private static final String READS_THE_OTHER_FOR_EVER = "BA0102 EC EBFD";

    private enum Mode {
        DIRECT, QUEUED, DETERMINISTIC
    }

    private final HypervisorServiceModule hsm = hsm();
    private final PcMachines machines = MachinesForTests.of(hsm);
    private final Probe.Factory stuck = Probe.Factory.of(1);
    private final Probe.Factory other = otherFactory();
    private final CountDownLatch inside = new CountDownLatch(1);
    private final CountDownLatch mayReturn = new CountDownLatch(1);
    private final CompletableFuture<Throwable> harm = new CompletableFuture<>();
    private volatile Thread keeper;
    private Machine bystander;

    @TempDir
    Path folder;

    private static HypervisorServiceModule hsm() {
        var hsm = new RoutingHsm();
        hsm.bind(SimHypervisors.withHardware(1500), Map.of());
        return hsm;
    }

    private static Probe.Factory otherFactory() {
        var factory = Probe.Factory.of(2);
        factory.answer = (offset, value) -> 7;
        return factory;
    }

    @BeforeEach
    void startTheBystander() throws Exception {
        configure(1000);
        machines.bindDeviceFactory(stuck, Map.of());
        bystander = machine("bystander", READS_THE_OTHER_FOR_EVER, Mode.DIRECT);
        bystander.start();
    }

    @AfterEach
    void onlyTheStuckThreadIsLeft() throws Exception {
        long before = bystander.devices().get(1).accesses();
        await(() -> bystander.devices().get(1).accesses() > before);
        bystander.close();
        assertThat(hsm.machines()).isEmpty();
        await(() -> Thread.getAllStackTraces().keySet().stream().filter(thread -> thread != keeper)
                .noneMatch(thread -> thread.getName().matches("vm\\d+-.*|device-watch")));
        mayReturn.countDown();
        Thread left = keeper;
        assertThat(left == null || left.join(Duration.ofSeconds(60))).isTrue();
    }

    private void configure(long callMillis) {
        machines.configure((PcMachines.Settings) Proxy.newProxyInstance(getClass().getClassLoader(),
                new Class<?>[]{PcMachines.Settings.class}, (proxy, method, args) -> switch (method.getName()) {
                    case "quiesce_millis" -> 2000L;
                    case "call_millis" -> callMillis;
                    case "annotationType" -> Annotation.class;
                    default -> method.getDefaultValue();
                }));
    }

    private Machine machine(String name, String code, Mode mode) throws Exception {
        Path image = Files.write(folder.resolve(name), HexFormat.of().parseHex(code.replace(" ", "")));
        return machines.create(new MachineDescription(name, "", 2 << 20, 1,
                Optional.of(new Image(Optional.of(image), "", "flat", 0x7C00, "", List.of())),
                List.of(probe("probe", "x", 0x100), probe("probe", "y", 0x200),
                        new DeviceDescription("debugexit", "exit", "", Map.of(), Map.of(), "", Map.of(), "")),
                Map.of(), Behaviour.X86, mode == Mode.DETERMINISTIC, mode == Mode.QUEUED));
    }

    private static DeviceDescription probe(String type, String name, long port) {
        return new DeviceDescription(type, name, "", Map.of("ports", port, "memory", 0x9000_0000L + port * 0x1000),
                Map.of(), "", Map.of(), "");
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("the condition comes in time").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    /** Keeps a call of the device named x until the end of the test; then it tries to do harm. */
    private void keep(Probe probe) {
        if (!probe.context().name().equals("x")) {
            return;
        }
        keeper = Thread.currentThread();
        inside.countDown();
        try {
            mayReturn.await();
            probe.context().dma().write(0x500, new byte[]{1}, 0, 1);
        } catch (InterruptedException | RuntimeException e) {
            harm.complete(e);
            throw new IllegalStateException(e);
        }
    }

    private static Machine.Outcome outcome(Machine machine) throws Exception {
        return machine.outcome().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("a read that never returns yields all ones, the guest goes on, and the machine closes")
    void aReadThatNeverReturns(Mode mode) throws Exception {
        stuck.onRead = probe -> {
            if (machines.machines().size() == 2) {
                keep(probe);
            }
        };
        var machine = machine("victim", READS_AND_ENDS, mode);
        machine.start();
        assertThat(outcome(machine).status()).isEqualTo(0xFF);
        assertThat(machine.devices().getFirst().status()).startsWith("quarantined: a call into it has not returned")
                .contains("(thread " + keeper.getName() + ")");
        machine.close();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("a timer that never returns holds up no timer of another device")
    void aTimerThatNeverReturns(Mode mode) throws Exception {
        stuck.onWrite = probe -> probe.timer().arm(0);
        stuck.onTimer = this::keep;
        var machine = machine("victim", WRITES_AND_POLLS_THE_OTHER, mode);
        var ticked = new CountDownLatch(1);
        var armed = machine.vm().clock().timer(ticked::countDown);
        stuck.answer = (offset, value) -> ticked.getCount() == 0 ? 7 : 0;
        machine.start();
        inside.await();
        armed.arm(0);
        assertThat(outcome(machine).status()).isEqualTo(0x0F);
        machine.close();
    }

    @Test
    @DisplayName("a call that comes back after its machine was closed reaches no memory of it")
    void aLateDmaReachesNothing() throws Exception {
        stuck.onWrite = this::keep;
        var machine = machine("victim", WRITES_AND_POLLS_THE_OTHER, Mode.DIRECT);
        machine.start();
        inside.await();
        machine.close();
        mayReturn.countDown();
        assertThat(harm.get(60, TimeUnit.SECONDS)).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("a machine is closed while a device hangs, long before the call is given up")
    void closesBeforeTheCallIsGivenUp(Mode mode) throws Exception {
        configure(60_000);
        stuck.onWrite = this::keep;
        var machine = machine("victim", WRITES_AND_POLLS_THE_OTHER, mode);
        machine.start();
        inside.await();
        machine.close();
        assertThat(outcome(machine).cause()).isEqualTo("closed");
    }

    @Test
    @DisplayName("a machine is paused while a device hangs, once the call is given up")
    void pausesWhenTheCallIsGivenUp() throws Exception {
        stuck.onWrite = this::keep;
        var machine = machine("victim", WRITES_AND_POLLS_THE_OTHER, Mode.DIRECT);
        machine.start();
        inside.await();
        machine.pause();
        assertThat(machine.status()).isEqualTo("paused");
        machine.close();
    }

    @Test
    @DisplayName("a swap whose new model never takes the state is refused in time, and the old one goes on")
    void aRestoreThatNeverReturns() throws Exception {
        var next = Probe.Factory.of(3);
        next.onRestore = this::keep;
        machines.bindDeviceFactory(next, Map.of("service.bundleid", 9L));
        var machine = machine("victim", READS_THE_OTHER_FOR_EVER, Mode.DIRECT);
        String target = "vm" + machine.vm().vmid() + ".x";
        assertThatThrownBy(() -> machines.swap(target, 9, "probe", Duration.ofMillis(200)))
                .isInstanceOfSatisfying(HsmException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT));
        assertThat(machine.devices().getFirst().status()).isEqualTo("running");
        machine.close();
    }
}
