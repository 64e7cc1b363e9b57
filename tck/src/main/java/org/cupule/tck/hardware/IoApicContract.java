package org.cupule.tck.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.cupule.hardware.IoApic;
import org.cupule.hardware.IoApicContext;
import org.cupule.hardware.IoApicFactory;
import org.cupule.hardware.Lapic;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link IoApic} must do. Source: 82093AA data sheet; {@code hsm.md} 10.2 and 14.1.
 *
 * @threading confined to the test's thread
 */
public abstract class IoApicContract {
    private static final int IOREGSEL = 0x00;
    private static final int IOWIN = 0x10;
    private static final int EOI = 0x40;
    private static final int MASKED = 1 << 16;
    private static final int LEVEL = 1 << 15;
    private static final int REMOTE_IRR = 1 << 14;
    private static final int LOW = 1 << 13;

    /** What the APIC sent. */
    private record Message(int destination, boolean logical, int mode, int vector, boolean level) {
    }

    private final List<Message> sent = new ArrayList<>();
    private final IoApicContext context = (destination, logical, mode, vector, level) -> sent
            .add(new Message(destination, logical, mode, vector, level));
    private IoApic apic;

    /** {@return the factory whose models are tested} */
    protected abstract IoApicFactory factory();

    @BeforeEach
    void create() {
        apic = factory().create(context);
    }

    private int read(int index) {
        apic.write(IOREGSEL, index);
        return apic.read(IOWIN);
    }

    private void write(int index, int value) {
        apic.write(IOREGSEL, index);
        apic.write(IOWIN, value);
    }

    private int entry(int pin) {
        return read(0x10 + 2 * pin);
    }

    private void entry(int pin, int low) {
        write(0x10 + 2 * pin, low);
    }

    private void pulse(int pin) {
        apic.line(pin, true);
        apic.line(pin, false);
    }

    private static Message edge(int vector) {
        return new Message(0, false, Lapic.FIXED, vector, false);
    }

    private static Message level(int vector) {
        return new Message(0, false, Lapic.FIXED, vector, true);
    }

    @Test
    void standsAtPowerOnWithAllPinsMasked() {
        assertThat(apic.read(IOREGSEL)).isZero();
        assertThat(read(0x00)).isZero();
        assertThat(read(0x02)).isZero();
        for (int pin = 0; pin < apic.pins(); pin++) {
            assertThat(entry(pin)).isEqualTo(MASKED);
            assertThat(read(0x11 + 2 * pin)).isZero();
        }
    }

    @Test
    void says48PinsAndAVersionWithAnEoiRegister() {
        assertThat(apic.pins()).isEqualTo(48);
        assertThat(read(0x01) >> 16 & 0xFF).isEqualTo(47);
        assertThat(read(0x01) & 0xFF).isGreaterThanOrEqualTo(0x20);
        int version = read(0x01);
        write(0x01, 0);
        assertThat(read(0x01)).isEqualTo(version);
    }

    @Test
    void keepsFourBitsOfIdAndShowsThemAsArbitrationId() {
        write(0x00, -1);
        assertThat(read(0x00)).isEqualTo(0x0F00_0000);
        write(0x00, 0x0500_0000);
        assertThat(read(0x00)).isEqualTo(0x0500_0000);
        assertThat(read(0x02)).isEqualTo(0x0500_0000);
        write(0x02, 0);
        assertThat(read(0x02)).isEqualTo(0x0500_0000);
    }

    @Test
    void keepsEightBitsOfTheSelector() {
        apic.write(IOREGSEL, 0xFFFF_FF11);

        assertThat(apic.read(IOREGSEL)).isEqualTo(0x11);
    }

    @Test
    void answersUnknownRegistersWithAllOnes() {
        assertThat(apic.read(0x04)).isEqualTo(-1);
        assertThat(apic.read(0x20)).isEqualTo(-1);
        assertThat(apic.read(0xFFC)).isEqualTo(-1);
        assertThat(read(0x0F)).isEqualTo(-1);
        assertThat(read(0x10 + 2 * 48)).isEqualTo(-1);
        assertThat(read(0xFF)).isEqualTo(-1);
        write(0x10 + 2 * 48, 0x31);
        write(0xFF, 0x31);
        apic.write(0x50, 0x31);
        assertThat(sent).isEmpty();
    }

    @Test
    void keepsOnlyTheDefinedBitsOfAnEntry() {
        for (int pin = 0; pin < 48; pin++) {
            write(0x11 + 2 * pin, -1);
            entry(pin, -1);
            assertThat(entry(pin)).isEqualTo(0x0001_AFFF);
            assertThat(read(0x11 + 2 * pin)).isEqualTo(0xFF00_0000);
        }
        assertThat(sent).isEmpty();
    }

    @Test
    void keepsTheTwoHalvesOfAnEntryApart() {
        write(0x11, 0x1200_0000);
        entry(0, 0x0001_0831);

        assertThat(read(0x11)).isEqualTo(0x1200_0000);
        write(0x11, 0x3400_0000);
        assertThat(entry(0)).isEqualTo(0x0001_0831);
    }

    @Test
    void deliversTheRisingEdgeOfEachPin() {
        for (int pin = 0; pin < 48; pin++) {
            sent.clear();
            entry(pin, 0x40 + pin);
            apic.line(pin, true);
            assertThat(sent).containsExactly(edge(0x40 + pin));
            apic.line(pin, false);
            assertThat(sent).hasSize(1);
        }
    }

    @Test
    @DisplayName("HSM-INT-03 a raising pulse gives exactly one interrupt at an edge-triggered pin")
    void deliversAPulseOnce() {
        entry(5, 0x35);

        pulse(5);

        assertThat(sent).containsExactly(edge(0x35));
        assertThat(entry(5)).isEqualTo(0x35);
    }

    @Test
    void deliversTheFallingEdgeOfAnActiveLowPin() {
        entry(5, LOW | 0x35);
        apic.line(5, true);
        assertThat(sent).isEmpty();

        apic.line(5, false);

        assertThat(sent).containsExactly(edge(0x35));
    }

    @Test
    void takesAChangeOfLevelOnlyForAnEdge() {
        entry(5, 0x35);
        apic.line(5, false);
        apic.line(5, true);
        apic.line(5, true);

        assertThat(sent).hasSize(1);
    }

    @Test
    void tellsDestinationAndModeOfTheMessage() {
        write(0x11, 0xA500_0000);
        entry(0, 0x0000_0931);

        pulse(0);

        assertThat(sent).containsExactly(new Message(0xA5, true, Lapic.LOWEST_PRIORITY, 0x31, false));
    }

    @Test
    void deliversEachDeliveryModeButTheReservedOnes() {
        for (int mode = 0; mode < 8; mode++) {
            entry(1, mode << 8 | 0x31);
            pulse(1);
        }

        assertThat(sent).extracting(Message::mode).containsExactly(Lapic.FIXED, Lapic.LOWEST_PRIORITY, Lapic.SMI,
                Lapic.NMI, Lapic.INIT, Lapic.EXTINT);
    }

    @Test
    void losesAnEdgeAtAMaskedPin() {
        entry(5, MASKED | 0x35);
        apic.line(5, true);

        entry(5, 0x35);

        assertThat(sent).isEmpty();
        apic.line(5, false);
        apic.line(5, true);
        assertThat(sent).containsExactly(edge(0x35));
    }

    @Test
    void makesNoEdgeByChangingThePolarity() {
        entry(5, 0x35);
        entry(5, LOW | 0x35);
        entry(5, 0x35);

        assertThat(sent).isEmpty();
    }

    @Test
    void deliversALevelOnceUntilItsEnd() {
        entry(5, LEVEL | 0x35);
        apic.line(5, true);
        assertThat(sent).containsExactly(level(0x35));
        assertThat(entry(5)).isEqualTo(LEVEL | REMOTE_IRR | 0x35);
        apic.line(5, false);
        apic.line(5, true);
        assertThat(sent).hasSize(1);

        apic.endOfInterrupt(0x35);
        assertThat(sent).hasSize(2);
        assertThat(entry(5) & REMOTE_IRR).isNotZero();
        apic.line(5, false);
        apic.endOfInterrupt(0x35);
        assertThat(sent).hasSize(2);
        assertThat(entry(5)).isEqualTo(LEVEL | 0x35);
    }

    @Test
    void holdsALevelInLowestPriorityModeToo() {
        entry(5, LEVEL | Lapic.LOWEST_PRIORITY << 8 | 0x35);

        apic.line(5, true);

        assertThat(sent).containsExactly(new Message(0, false, Lapic.LOWEST_PRIORITY, 0x35, true));
        assertThat(entry(5) & REMOTE_IRR).isNotZero();
    }

    @Test
    void obeysThePolarityOfALevel() {
        entry(5, MASKED | LEVEL | LOW | 0x35);
        apic.line(5, true);
        entry(5, LEVEL | LOW | 0x35);
        assertThat(sent).isEmpty();

        apic.line(5, false);

        assertThat(sent).containsExactly(level(0x35));
    }

    @Test
    void takesALowLineForAnAssertedActiveLowLevel() {
        entry(5, LEVEL | LOW | 0x35);

        assertThat(sent).containsExactly(level(0x35));
    }

    @Test
    void deliversALevelThatIsUnmaskedLater() {
        entry(5, MASKED | LEVEL | 0x35);
        apic.line(5, true);
        assertThat(sent).isEmpty();

        entry(5, LEVEL | 0x35);

        assertThat(sent).containsExactly(level(0x35));
    }

    @Test
    void looksAtALevelAgainAtEachWriteOfItsEntry() {
        entry(5, LEVEL | 0x35);
        apic.line(5, true);
        entry(5, LEVEL | 0x36);
        assertThat(sent).as("the first one has not ended").hasSize(1);
        entry(5, MASKED | 0x36);
        assertThat(entry(5)).as("an edge has no end").isEqualTo(MASKED | 0x36);

        entry(5, LEVEL | 0x36);

        assertThat(sent).containsExactly(level(0x35), level(0x36));
    }

    @Test
    void keepsRemoteIrrThroughMaskingAndWritesOfIt() {
        entry(5, LEVEL | 0x35);
        apic.line(5, true);

        entry(5, MASKED | LEVEL | 0x35);
        assertThat(entry(5)).isEqualTo(MASKED | LEVEL | REMOTE_IRR | 0x35);
        apic.endOfInterrupt(0x35);
        assertThat(entry(5)).isEqualTo(MASKED | LEVEL | 0x35);
        assertThat(sent).hasSize(1);
        entry(5, LEVEL | REMOTE_IRR | 0x35);
        assertThat(sent).as("remote IRR cannot be written").hasSize(2);
    }

    @Test
    void sendsToTheDestinationOfTheMoment() {
        entry(5, LEVEL | 0x35);
        apic.line(5, true);

        write(0x11 + 10, 0x0100_0000);
        assertThat(sent).hasSize(1);
        apic.endOfInterrupt(0x35);

        assertThat(sent).containsExactly(level(0x35), new Message(1, false, Lapic.FIXED, 0x35, true));
    }

    @Test
    void endsAllPinsOfAVectorAndNoOther() {
        entry(5, LEVEL | 0x35);
        entry(6, LEVEL | 0x35);
        entry(7, LEVEL | 0x37);
        apic.line(5, true);
        apic.line(6, true);
        apic.line(7, true);
        apic.line(5, false);
        sent.clear();

        apic.endOfInterrupt(0x35);

        assertThat(sent).containsExactly(level(0x35));
        assertThat(entry(5) & REMOTE_IRR).isZero();
        assertThat(entry(6) & REMOTE_IRR).isNotZero();
        assertThat(entry(7) & REMOTE_IRR).isNotZero();
    }

    @Test
    void endsThroughItsRegisterToo() {
        entry(5, LEVEL | 0x35);
        apic.line(5, true);
        apic.line(5, false);

        apic.write(EOI, 0x35);

        assertThat(entry(5) & REMOTE_IRR).isZero();
        assertThat(apic.read(EOI)).isEqualTo(-1);
    }

    @Test
    void ignoresAnEndOfEdgeTriggeredPins() {
        entry(5, 0x35);
        apic.line(5, true);

        apic.endOfInterrupt(0x35);

        assertThat(sent).hasSize(1);
    }

    @Test
    void treatsNmiAndItsKindAsEdgesWhateverTheTriggerBitSays() {
        for (int mode : new int[]{Lapic.SMI, Lapic.NMI, Lapic.INIT, Lapic.EXTINT}) {
            sent.clear();
            entry(5, LEVEL | mode << 8);
            apic.line(5, true);
            assertThat(sent).containsExactly(new Message(0, false, mode, 0, false));
            assertThat(entry(5)).isEqualTo(LEVEL | mode << 8);
            apic.line(5, false);
        }
    }

    @Test
    void ignoresPinsThatAreNotThere() {
        apic.line(48, true);
        apic.line(-1, true);
        apic.line(64, true);

        assertThat(sent).isEmpty();
        assertThat(apic.save(1).number("lines")).isZero();
    }

    @Test
    void comesBackToPowerOnByResetButKeepsTheLevels() {
        write(0x00, 0x0500_0000);
        entry(5, LEVEL | 0x35);
        apic.line(5, true);

        apic.reset();

        assertThat(apic.read(IOREGSEL)).isZero();
        assertThat(read(0x00)).isZero();
        assertThat(entry(5)).isEqualTo(MASKED);
        sent.clear();
        entry(5, LEVEL | 0x35);
        assertThat(sent).containsExactly(level(0x35));
    }

    private static ModelState state(long select, long id, long lines, long... firstEntries) {
        long[] entries = new long[48];
        Arrays.fill(entries, MASKED);
        System.arraycopy(firstEntries, 0, entries, 0, firstEntries.length);
        return ModelState.of("ioapic", 1).put("select", select).put("id", id).put("lines", lines)
                .put("entries", entries).build();
    }

    @Test
    void writesExactlyTheStateOfTheContract() {
        write(0x00, 0x0500_0000);
        entry(0, LEVEL | 0x35);
        apic.line(0, true);
        apic.line(47, true);
        write(0x13, 0xFF00_0000);

        ModelState expected = state(0x13, 5, 1L << 47 | 1, LEVEL | REMOTE_IRR | 0x35, 0xFFL << 56 | MASKED);
        assertThat(apic.save(1)).isEqualTo(expected);
        assertThat(apic.save(1)).isEqualTo(expected);
        assertThat(apic.schema()).isEqualTo(factory().schema());
        assertThat(apic.schema().kind()).isEqualTo("ioapic").isEqualTo(factory().info().kind());
    }

    @Test
    void readsTheStateOfAnyOtherImplementation() {
        ModelState state = state(0x10, 5, 1, LEVEL | REMOTE_IRR | 0x35, 0xFFL << 56 | MASKED);

        apic.restore(state);

        assertThat(sent).as("a restore delivers nothing").isEmpty();
        assertThat(apic.save(1)).isEqualTo(state);
        assertThat(apic.read(IOWIN)).isEqualTo(LEVEL | REMOTE_IRR | 0x35);
        apic.endOfInterrupt(0x35);
        assertThat(sent).containsExactly(level(0x35));
    }

    @Test
    void refusesStateThatNoModelCanHave() {
        assertRefused(state(0x100, 0, 0));
        assertRefused(state(0, 16, 0));
        assertRefused(state(0, 0, 1L << 48));
        assertRefused(state(0, 0, 0, 1 << 17));
        assertRefused(state(0, 0, 0, REMOTE_IRR | 0x35));
        assertRefused(ModelState.of("ioapic", 1).put("select", 0).put("id", 0).put("lines", 0)
                .put("entries", new long[24]).build());
    }

    private void assertRefused(ModelState state) {
        assertThatThrownBy(() -> apic.restore(state)).isInstanceOf(StateException.class)
                .hasMessageContaining("ioapic");
    }

    @Test
    void carriesInterruptsWithoutAllocating() {
        IoApic quiet = factory().create((destination, logical, mode, vector, level) -> {
        });

        long bytes = Allocation.bytes(() -> {
            for (int pin = 0; pin < 48; pin++) {
                quiet.write(IOREGSEL, 0x10 + 2 * pin);
                quiet.write(IOWIN, LEVEL | 0x35);
                quiet.line(pin, true);
                quiet.line(pin, false);
                quiet.endOfInterrupt(0x35);
                quiet.read(IOWIN);
            }
        });

        assertThat(bytes).isZero();
    }
}
