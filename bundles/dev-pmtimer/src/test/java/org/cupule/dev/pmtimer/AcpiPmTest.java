package org.cupule.dev.pmtimer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.cupule.device.DeviceFactory;
import org.cupule.device.PowerButton;
import org.cupule.tck.DeviceContract;
import org.cupule.tck.device.FakeMachine;
import org.cupule.time.VmClock;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AcpiPmTest extends DeviceContract {
    private static final int PM = 0;
    private static final int SMI = 1;
    private static final int RESET = 2;
    private static final int STATUS = 0;
    private static final int ENABLE = 2;
    private static final int CONTROL = 4;
    private static final int TIMER = 8;
    private static final int BUTTON = 0x100;

    private final FakeMachine machine = new FakeMachine(factory());

    @Override
    protected DeviceFactory factory() {
        return new AcpiPmFactory();
    }

    @Override
    protected List<Map<String, String>> optionSets() {
        return List.of(Map.of(), Map.of("timer-bits", "24"));
    }

    @Override
    protected void exercise(FakeMachine used) {
        used.out(SMI, 0, 2, 0x55A0);
        used.out(PM, ENABLE, 2, 0x0101);
        used.out(PM, CONTROL, 2, 0x0402);
        used.out(RESET, 0, 1, 0x02);
        used.clock().advance(700_000_000_000L);
        ((PowerButton) used.device()).press();
    }

    private int pm(int register) {
        return machine.in(PM, register, 2);
    }

    @Test
    void standsWherePcsHaveIt() {
        assertThat(factory().spec().windows()).extracting("standard").containsExactly(0x400L, 0xB2L, 0xCF9L);
        assertThat(factory().spec().lines()).singleElement().extracting("standard").isEqualTo(9);
    }

    @Test
    void timerCountsTheClock() {
        machine.clock().advance(1_000_000_000L);
        assertThat(machine.in(PM, TIMER, 4)).isEqualTo(3_579_545);
        machine.out(PM, TIMER, 4, 0);
        assertThat(machine.in(PM, TIMER, 4)).isEqualTo(3_579_545);
        assertThat(machine.in(PM, TIMER, 2)).isEqualTo(3_579_545 & 0xFFFF);
        assertThat(machine.in(PM, TIMER + 2, 2)).isEqualTo(3_579_545 >> 16);
        assertThat(machine.in(PM, TIMER + 1, 1)).isEqualTo(3_579_545 >> 8 & 0xFF);
    }

    @ParameterizedTest
    @ValueSource(ints = {24, 32})
    void timerHasAsManyBitsAsAsked(int bits) {
        var asked = new FakeMachine(factory(), Map.of("timer-bits", Integer.toString(bits)));
        asked.clock().advance(VmClock.nanosAt((1L << bits) - 1, AcpiPm.HERTZ));
        assertThat(asked.in(PM, TIMER, 4)).isEqualTo(-1 >>> 32 - bits);
        asked.clock().advance(VmClock.nanosAt((1L << bits) + 5, AcpiPm.HERTZ) - asked.clock().nanos());
        assertThat(asked.in(PM, TIMER, 4)).isEqualTo(5);
    }

    @Test
    void timerInterruptsWhenItsHighestBitChanges() {
        var narrow = new FakeMachine(factory(), Map.of("timer-bits", "24"));
        narrow.out(SMI, 0, 1, 0xA0);
        narrow.out(PM, ENABLE, 2, 1);
        narrow.clock().advance(VmClock.nanosAt(1 << 23, AcpiPm.HERTZ) - 1);
        assertThat(narrow.line(0)).isFalse();
        narrow.clock().advance(1);
        assertThat(narrow.line(0)).isTrue();
        narrow.out(PM, STATUS, 2, 1);
        assertThat(narrow.line(0)).isFalse();
        narrow.clock().advance(VmClock.nanosAt(1 << 24, AcpiPm.HERTZ) - narrow.clock().nanos());
        assertThat(narrow.rises(0)).isEqualTo(2);
    }

    @Test
    void timerStatusIsSetWithoutInterrupts() {
        machine.clock().advance(VmClock.nanosAt(1L << 31, AcpiPm.HERTZ));
        assertThat(pm(STATUS)).isEqualTo(1);
        assertThat(machine.line(0)).isFalse();
    }

    @Test
    void smiCommandHandsTheBlockToAcpi() {
        assertThat(pm(CONTROL)).isZero();
        machine.out(SMI, 0, 1, 0xA0);
        assertThat(pm(CONTROL)).isEqualTo(1);
        machine.out(SMI, 0, 1, 0x12);
        assertThat(pm(CONTROL)).isEqualTo(1);
        machine.out(SMI, 0, 1, 0xA1);
        assertThat(pm(CONTROL)).isZero();
    }

    @Test
    void controlKeepsOnlyWhatCanBeRead() {
        machine.out(PM, CONTROL, 2, 0xDFFF);
        assertThat(pm(CONTROL)).isEqualTo(0x1C02);
        assertThat(machine.control().calls()).isEmpty();
    }

    @Test
    @DisplayName("HSM-IOREQ-25: the write that stands for a triple fault switches off")
    void sleepTypeFiveSwitchesOff() {
        machine.out(PM, CONTROL, 2, 0x3400);
        assertThat(machine.control().calls()).containsExactly("powerOff");
        assertThat(pm(CONTROL)).isEqualTo(0x1400);
    }

    @Test
    void sleepEnableMayComeInAByteOfItsOwn() {
        machine.out(PM, CONTROL + 1, 1, 0x14);
        assertThat(machine.control().calls()).isEmpty();
        machine.out(PM, CONTROL + 1, 1, 0x34);
        assertThat(machine.control().calls()).containsExactly("powerOff");
    }

    @ParameterizedTest
    @ValueSource(ints = {0x2000, 0x2C00, 0x1400, 0x3C00})
    void otherWritesDoNotSwitchOff(int value) {
        machine.out(PM, CONTROL, 2, value);
        assertThat(machine.control().calls()).isEmpty();
    }

    @Test
    void sleepTypesAreAnOption() {
        var other = new FakeMachine(factory(), Map.of("off-types", "0,7"));
        other.out(PM, CONTROL, 2, 0x3400);
        other.out(PM, CONTROL, 2, 0x2000);
        other.out(PM, CONTROL, 2, 0x3C00);
        assertThat(other.control().calls()).containsExactly("powerOff", "powerOff");
    }

    @Test
    void powerButtonAsksTheGuest() {
        machine.out(SMI, 0, 1, 0xA0);
        machine.out(PM, ENABLE, 2, BUTTON);
        ((PowerButton) machine.device()).press();
        assertThat(machine.line(0)).isTrue();
        assertThat(pm(STATUS)).isEqualTo(BUTTON);
        machine.out(PM, STATUS, 2, 0xFFFF);
        assertThat(machine.line(0)).isFalse();
        assertThat(pm(STATUS)).isZero();
    }

    @Test
    void interruptNeedsStatusEnableAndAcpi() {
        ((PowerButton) machine.device()).press();
        assertThat(machine.line(0)).isFalse();
        machine.out(PM, ENABLE, 2, BUTTON);
        assertThat(machine.line(0)).isFalse();
        machine.out(SMI, 0, 1, 0xA0);
        assertThat(machine.line(0)).isTrue();
        machine.out(PM, ENABLE, 2, 0);
        assertThat(machine.line(0)).isFalse();
    }

    @Test
    void enableHasTheBitsThatExist() {
        machine.out(PM, ENABLE, 2, 0xFFFF);
        assertThat(pm(ENABLE)).isEqualTo(0x0721);
    }

    @Test
    void bytesOfARegisterCanBeWrittenAlone() {
        machine.out(PM, ENABLE, 2, 0x0721);
        machine.out(PM, ENABLE, 1, 0x01);
        assertThat(pm(ENABLE)).isEqualTo(0x0701);
        machine.out(PM, ENABLE + 1, 1, 0x01);
        assertThat(pm(ENABLE)).isEqualTo(0x0101);
    }

    @Test
    void twoRegistersCanBeWrittenAtOnce() {
        ((PowerButton) machine.device()).press();
        machine.out(PM, STATUS, 4, 0x0101_0100);
        assertThat(machine.in(PM, STATUS, 4)).isEqualTo(0x0101_0000);
        machine.out(PM, STATUS + 1, 4, 0x0007_2000);
        assertThat(pm(ENABLE)).isEqualTo(0x0720);
    }

    @Test
    void resetPortResetsWhenItsBitRises() {
        machine.out(RESET, 0, 1, 0x02);
        assertThat(machine.control().calls()).isEmpty();
        assertThat(machine.in(RESET, 0, 1)).isEqualTo(0x02);
        machine.out(RESET, 0, 1, 0x06);
        machine.out(RESET, 0, 1, 0x06);
        assertThat(machine.control().calls()).containsExactly("reset");
        machine.out(RESET, 0, 1, 0x00);
        machine.out(RESET, 0, 1, 0x0E);
        assertThat(machine.control().calls()).containsExactly("reset", "reset");
    }

    @ParameterizedTest
    @CsvSource({"timer-bits, 16", "timer-bits, ''", "off-types, 8", "off-types, ''", "off-types, '5,'"})
    void refusesOptionsThatCannotBe(String option, String value) {
        var options = Map.of(option, value);
        assertThatThrownBy(() -> new FakeMachine(factory(), options)).isInstanceOf(HsmException.class)
                .hasMessageContaining(option).hasMessageContaining("EINVAL");
    }
}
