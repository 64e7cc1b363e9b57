package org.cupule.machine.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.cupule.dev.hotplug.SlotControllerFactory;
import org.cupule.dev.sample.SampleFactory;
import org.cupule.fault.FaultKind;
import org.cupule.fault.FaultSpec;
import org.cupule.hw.pci.ConventionalPciBusFactory;
import org.cupule.machine.Machine.DeviceInfo;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A guest that is told by the hot-plug controller of PCI functions that come and go; the test is the guest. */
@Timeout(180)
class HotPlugTest {
    private static final int BDF = 5 << 3;
    private static final int CHANGED = 0xCC0;
    private static final int REMOVAL = 0xCC4;
    private static final int EJECT = 0xCC8;
    private static final int CONTROL = 0xCCC;
    private static final int BUSY = report(0x82);
    private static final int SLOT = 1 << 5;
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(50);

    private final DeviceBench bench = new DeviceBench();

    HotPlugTest() {
        bench.devices.addBus(PciOffer.of(new ConventionalPciBusFactory(), 3));
        bench.plug(new SlotControllerFactory(), "slots");
    }

    private void insert() {
        bench.plug(new SampleFactory(), new DeviceDescription("org.cupule.sample", "card", "", Map.of(), Map.of(),
                "00:05.0", Map.of(), ""));
    }

    private void armed() {
        bench.vm.out(CONTROL, 4, 1);
    }

    /** What {@code _OST} of the card's slot writes. */
    private static int report(int status) {
        return 3 << 16 | status << 8 | 5 << 1 | 1;
    }

    private int in(int port) {
        return bench.vm.in(port, 4);
    }

    private boolean interrupting() {
        return bench.vm.interrupts().told().stream().filter(told -> told.startsWith("gsi5")).toList().getLast()
                .equals("gsi5+");
    }

    private List<String> names() {
        return bench.devices.list().stream().map(DeviceInfo::name).toList();
    }

    private String card() {
        return bench.devices.list().getLast().status();
    }

    private CompletableFuture<Void> asked() throws Exception {
        var removal = CompletableFuture.runAsync(() -> bench.devices.unplug("card", LONG));
        long deadline = System.nanoTime() + LONG.toNanos();
        while (in(REMOVAL) == 0 && System.nanoTime() - deadline < 0) {
            Thread.onSpinWait();
        }
        assertThat(in(REMOVAL)).isEqualTo(SLOT);
        return removal;
    }

    @Test
    void guestIsToldOfAnInsertionAndFindsTheFunction() {
        armed();
        insert();
        assertThat(in(CHANGED)).isEqualTo(SLOT);
        assertThat(interrupting()).isTrue();
        assertThat(bench.vm.readConfig(BDF, 0, 4)).isEqualTo(0x0001_C09E);
        bench.vm.out(CHANGED, 4, SLOT);
        assertThat(interrupting()).isFalse();
    }

    @Test
    void functionGoesWhenTheGuestHasLetGoOfIt() throws Exception {
        armed();
        insert();
        CompletableFuture<Void> removal = asked();
        assertThat(card()).startsWith("leaving");
        assertThat(bench.vm.readConfig(BDF, 0, 4)).isEqualTo(0x0001_C09E);
        bench.vm.out(EJECT, 4, SLOT);
        removal.get(60, TimeUnit.SECONDS);
        assertThat(names()).containsExactly("slots");
        assertThat(bench.vm.readConfig(BDF, 0, 4)).isEqualTo(-1);
        assertThat(in(REMOVAL)).isZero();
    }

    @Test
    void aSecondRequestIsAnError() throws Exception {
        armed();
        insert();
        CompletableFuture<Void> removal = asked();
        assertThatThrownBy(() -> bench.devices.unplug("card", LONG)).isInstanceOf(HsmException.class)
                .hasMessageContaining("EALREADY").hasMessageContaining("already");
        bench.vm.out(EJECT, 4, SLOT);
        removal.get(60, TimeUnit.SECONDS);
    }

    @Test
    void functionStaysWhenTheGuestDoesNotLetGoInTimeAndGoesWhenItDoes() {
        armed();
        insert();
        assertThatThrownBy(() -> bench.devices.unplug("card", SHORT)).isInstanceOf(HsmException.class)
                .hasMessageContaining("ETIMEDOUT").hasMessageContaining("has not let go");
        assertThat(card()).startsWith("running: the guest was asked");
        bench.vm.out(EJECT, 4, SLOT);
        assertThat(names()).containsExactly("slots");
    }

    @Test
    void aRefusalEndsTheWaitAndIsToldInASentence() throws Exception {
        armed();
        insert();
        CompletableFuture<Void> removal = asked();
        bench.vm.out(CONTROL, 4, report(0x84));
        bench.vm.out(CONTROL, 4, report(0));
        assertThat(card()).startsWith("leaving");
        bench.vm.out(CONTROL, 4, BUSY);
        assertThatThrownBy(() -> removal.get(60, TimeUnit.SECONDS)).cause().isInstanceOf(HsmException.class)
                .hasMessageContaining("EBUSY").hasMessageContaining("the guest does not let go of it: it is busy");
        assertThat(card()).isEqualTo("running: the guest does not let go of it: it is busy");
        assertThat(in(REMOVAL)).isZero();
    }

    @Test
    void afterARefusalTheGuestCanBeAskedAgainAndAResetLeavesTheFunction() throws Exception {
        armed();
        insert();
        CompletableFuture<Void> refused = asked();
        bench.vm.out(CONTROL, 4, BUSY);
        assertThatThrownBy(() -> refused.get(60, TimeUnit.SECONDS)).cause().isInstanceOf(HsmException.class);
        bench.devices.reset();
        assertThat(names()).containsExactly("slots", "card");
        armed();
        CompletableFuture<Void> removal = asked();
        assertThat(card()).startsWith("leaving");
        bench.vm.out(EJECT, 4, SLOT);
        removal.get(60, TimeUnit.SECONDS);
        assertThat(names()).containsExactly("slots");
    }

    @Test
    void aRefusalOfWhatNobodyAskedForIsNothing() {
        armed();
        insert();
        bench.vm.out(CONTROL, 4, BUSY);
        bench.vm.out(CONTROL, 4, BUSY + 2);
        assertThat(card()).doesNotContain("let go");
        assertThat(names()).containsExactly("slots", "card");
    }

    @Test
    void functionThatWasToGoIsGoneAfterAReset() {
        armed();
        insert();
        assertThatThrownBy(() -> bench.devices.unplug("card", SHORT)).isInstanceOf(HsmException.class);
        bench.devices.reset();
        assertThat(names()).containsExactly("slots");
        assertThat(in(CONTROL) | in(REMOVAL) | in(CHANGED)).isZero();
    }

    @Test
    void functionGoesAtOnceWhereNoGuestListens() {
        insert();
        bench.devices.unplug("card", LONG);
        assertThat(names()).containsExactly("slots");
    }

    @Test
    void guestMayEjectWithoutBeingAsked() {
        armed();
        insert();
        bench.vm.out(EJECT, 4, SLOT | 1 << 9);
        assertThat(names()).containsExactly("slots");
    }

    @Test
    void guestIsToldWhenAFunctionIsPulledOut() {
        armed();
        insert();
        bench.vm.out(CHANGED, 4, SLOT);
        bench.devices.unplug("card");
        assertThat(in(CHANGED)).isEqualTo(SLOT);
        assertThat(interrupting()).isTrue();
        assertThat(bench.vm.readConfig(BDF, 0, 4)).isEqualTo(-1);
    }

    @Test
    void forceEndsTheWaitForTheGuest() throws Exception {
        armed();
        insert();
        CompletableFuture<Void> removal = asked();
        bench.devices.unplug("card");
        removal.get(60, TimeUnit.SECONDS);
        assertThat(in(REMOVAL)).isZero();
        assertThat(in(CHANGED)).isEqualTo(SLOT);
    }

    @Test
    void aFaultThatPullsTheFunctionOutIsToldLikeThatAndItsEndIsAnInsertion() {
        armed();
        insert();
        bench.vm.out(CHANGED, 4, SLOT);
        bench.vm.writeConfig(BDF, 4, 2, 7);
        long bar = bench.vm.readConfig(BDF, 0x10, 4) & 0xFFFF_FFF0L;
        bench.devices.addFault(1, "card", FaultSpec.of("card", FaultKind.REMOVE));
        assertThat(bench.vm.read(bar, 4)).isEqualTo(0xFFFF_FFFFL);
        assertThat(in(CHANGED)).isEqualTo(SLOT);
        bench.vm.out(CHANGED, 4, SLOT);
        bench.devices.removeFault(1);
        assertThat(in(CHANGED)).isEqualTo(SLOT);
        assertThat(bench.vm.readConfig(BDF, 0, 4)).isEqualTo(0x0001_C09E);
    }
}
