package org.cupule.dev.hotplug;

import static org.assertj.core.api.Assertions.assertThat;

import org.cupule.device.DeviceFactory;
import org.cupule.device.HotPlugController;
import org.cupule.tck.DeviceContract;
import org.cupule.tck.device.FakeMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlotControllerTest extends DeviceContract {
    private static final int CHANGED = 0;
    private static final int REMOVAL = 4;
    private static final int EJECT = 8;
    private static final int CONTROL = 12;

    private final FakeMachine machine = new FakeMachine(factory());

    @Override
    protected DeviceFactory factory() {
        return new SlotControllerFactory();
    }

    @Override
    protected void exercise(FakeMachine used) {
        used.out(0, CONTROL, 4, 1);
        controller(used).inserted(5);
        controller(used).requestRemoval(31);
    }

    private static HotPlugController controller(FakeMachine of) {
        return (HotPlugController) of.device();
    }

    private HotPlugController armed() {
        machine.out(0, CONTROL, 4, 1);
        return controller(machine);
    }

    private int read(int register) {
        return machine.in(0, register, 4);
    }

    @Test
    void interruptsUntilTheGuestHasSeenAnInsertion() {
        armed().inserted(5);
        assertThat(machine.line(0)).isTrue();
        assertThat(read(CHANGED)).isEqualTo(1 << 5);
        machine.out(0, CHANGED, 4, 1 << 5);
        assertThat(machine.line(0)).isFalse();
        assertThat(read(CHANGED)).isZero();
    }

    @Test
    void clearsOnlyWhatTheGuestHasSeen() {
        armed().inserted(5);
        controller(machine).inserted(6);
        machine.out(0, CHANGED, 4, 1 << 5);
        assertThat(read(CHANGED)).isEqualTo(1 << 6);
        assertThat(machine.line(0)).isTrue();
    }

    @Test
    void asksForARemovalAndHearsOfTheEnd() {
        assertThat(armed().requestRemoval(31)).isTrue();
        assertThat(read(REMOVAL)).isEqualTo(1 << 31);
        assertThat(machine.line(0)).isTrue();
        machine.out(0, REMOVAL, 4, 1 << 31);
        assertThat(machine.line(0)).isFalse();
        machine.out(0, EJECT, 4, 1 << 31);
        assertThat(machine.control().calls()).containsExactly("eject 31");
    }

    @Test
    void ejectingAnswersTheRequest() {
        armed().requestRemoval(4);
        machine.out(0, EJECT, 4, 1 << 4);
        assertThat(read(REMOVAL)).isZero();
        assertThat(machine.line(0)).isFalse();
    }

    @Test
    void ejectsSeveralAtOnceAndNeverTheHostBridge() {
        armed();
        machine.out(0, EJECT, 4, 0b1011);
        assertThat(machine.control().calls()).containsExactly("eject 1", "eject 3");
        assertThat(read(EJECT)).isZero();
    }

    @Test
    void whatWasPulledOutNeedNotBeLetGo() {
        armed().requestRemoval(9);
        controller(machine).removed(9);
        assertThat(read(REMOVAL)).isZero();
        assertThat(read(CHANGED)).isEqualTo(1 << 9);
    }

    /** As {@code _OST} has it, with ARMED. */
    private static int report(int event, int status, int slot) {
        return event << 16 | status << 8 | slot << 1 | 1;
    }

    @ParameterizedTest
    @ValueSource(ints = {0x03, 0x103})
    void aRefusalAnswersTheRequest(int event) {
        armed().requestRemoval(9);
        controller(machine).requestRemoval(31);
        machine.out(0, CONTROL, 4, report(event, 0x82, 31));
        assertThat(machine.control().calls()).containsExactly("ejection 31: 0x82");
        assertThat(read(REMOVAL)).isEqualTo(1 << 9);
        assertThat(read(CONTROL)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x00, 0x84})
    void successAndProgressAreToldAndLeaveTheRequestAsItIs(int status) {
        armed().requestRemoval(9);
        machine.out(0, CONTROL, 4, report(3, status, 9));
        assertThat(machine.control().calls()).containsExactly("ejection 9: 0x%x".formatted(status));
        assertThat(read(REMOVAL)).isEqualTo(1 << 9);
    }

    @Test
    void reportsOfOtherEventsOfTheHostBridgeAndInPartsAreNothing() {
        armed().requestRemoval(9);
        int refusal = report(3, 0x82, 9);
        machine.out(0, CONTROL, 4, report(1, 0x82, 9));
        machine.out(0, CONTROL, 4, report(3, 0x82, 0));
        machine.out(0, CONTROL, 2, refusal);
        machine.out(0, CONTROL + 2, 2, refusal >>> 16);
        assertThat(machine.control().calls()).isEmpty();
        assertThat(read(REMOVAL)).isEqualTo(1 << 9);
        assertThat(read(CONTROL)).isEqualTo(1);
    }

    @Test
    void whoDisarmsReportsNothing() {
        armed().requestRemoval(9);
        machine.out(0, CONTROL, 4, report(3, 0x82, 9) & ~1);
        assertThat(machine.control().calls()).isEmpty();
        assertThat(read(CONTROL)).isZero();
    }

    @Test
    void recordsNothingUntilTheGuestListens() {
        controller(machine).inserted(5);
        controller(machine).removed(6);
        assertThat(controller(machine).requestRemoval(7)).isFalse();
        armed();
        assertThat(read(CHANGED) | read(REMOVAL)).isZero();
        assertThat(machine.line(0)).isFalse();
    }

    @Test
    void forgetsWhatTheGuestDoesNotWantToHearAnyMore() {
        armed().inserted(5);
        controller(machine).requestRemoval(7);
        machine.out(0, CONTROL, 1, 0);
        assertThat(read(CHANGED) | read(REMOVAL)).isZero();
        assertThat(machine.line(0)).isFalse();
        assertThat(controller(machine).requestRemoval(7)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 20, 31})
    void bytesOfARegisterCanBeAccessedAlone(int slot) {
        armed().inserted(slot);
        int at = slot / 8;
        assertThat(machine.in(0, CHANGED + at, 1)).isEqualTo(1 << slot % 8);
        machine.out(0, CHANGED + (at + 1) % 4, 1, 0xFF);
        assertThat(read(CHANGED)).isEqualTo(1 << slot);
        machine.out(0, CHANGED + at, 1, 0xFF);
        assertThat(read(CHANGED)).isZero();
    }

    @Test
    void anAccessOverTwoRegistersReachesBoth() {
        armed().inserted(31);
        controller(machine).requestRemoval(1);
        assertThat(machine.in(0, CHANGED + 2, 4)).isEqualTo(0x0002_8000);
        machine.out(0, CHANGED + 2, 4, 0x0002_8000);
        assertThat(read(CHANGED) | read(REMOVAL)).isZero();
    }
}
