package org.cupule.tck.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.cupule.hardware.Pic;
import org.cupule.hardware.PicFactory;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Pic} must do. Source: Intel 8259A data sheet; ELCR as in the south bridges' data sheets.
 *
 * @threading confined to the test's thread
 */
public abstract class PicContract {
    private static final int MASTER = 0x20;
    private static final int SLAVE = 0xA0;
    private static final int NON_SPECIFIC_END = 0x20;
    private static final int SPECIFIC_END = 0x60;
    private static final int READ_IRR = 0x0A;
    private static final int READ_ISR = 0x0B;
    private static final int POLL = 0x0C;

    private final List<Boolean> intr = new ArrayList<>();
    private Pic pic;

    /** {@return the factory whose models are tested} */
    protected abstract PicFactory factory();

    @BeforeEach
    void initialize() {
        pic = factory().create(intr::add);
        initialize(0x01, 0x01);
    }

    private void initialize(int masterIcw4, int slaveIcw4) {
        write(MASTER, 0x11, 0x20, 0x04, masterIcw4);
        write(SLAVE, 0x11, 0x28, 0x02, slaveIcw4);
    }

    /** Writes an ICW1 and what follows it. */
    private void write(int port, int icw1, int... following) {
        pic.write(port, icw1);
        for (int value : following) {
            pic.write(port + 1, value);
        }
    }

    private void pulse(int irq) {
        pic.line(irq, true);
        pic.line(irq, false);
    }

    private int read(int port, int command) {
        pic.write(port, command);
        return pic.read(port);
    }

    private void endBoth() {
        pic.write(SLAVE, NON_SPECIFIC_END);
        pic.write(MASTER, NON_SPECIFIC_END);
    }

    @Test
    void asksForNothingBeforeItIsInitialized() {
        Pic fresh = factory().create(intr::add);

        fresh.line(0, true);
        fresh.line(9, true);

        assertThat(fresh.intr()).isFalse();
        assertThat(intr).isEmpty();
        assertThat(fresh.read(0x21)).isZero();
        assertThat(fresh.read(0x4D0)).isZero();
        assertThat(fresh.acknowledge()).isEqualTo(7);
        fresh.write(0x21, 0xAB);
        assertThat(fresh.read(0x21)).as("no ICW2 before an ICW1").isEqualTo(0xAB);
    }

    @Test
    void asksForNothingDuringItsInitialization() {
        pic.line(1, true);
        assertThat(pic.intr()).isTrue();

        pic.write(MASTER, 0x11);
        pulse(3);
        assertThat(pic.intr()).isFalse();
        pic.write(MASTER + 1, 0x40);
        pic.write(MASTER + 1, 0x04);
        assertThat(pic.intr()).isFalse();
        pic.write(MASTER + 1, 0x01);

        assertThat(pic.intr()).isTrue();
        assertThat(pic.acknowledge()).isEqualTo(0x43);
    }

    @Test
    void givesEachInputItsVector() {
        for (int irq : new int[]{0, 1, 3, 4, 5, 6, 7}) {
            pulse(irq);
            assertThat(pic.intr()).isTrue();
            assertThat(pic.acknowledge()).isEqualTo(0x20 + irq);
            pic.write(MASTER, NON_SPECIFIC_END);
            assertThat(read(MASTER, READ_ISR)).isZero();
        }
        for (int irq = 8; irq < 16; irq++) {
            pulse(irq);
            assertThat(pic.acknowledge()).isEqualTo(0x28 + irq - 8);
            endBoth();
            assertThat(read(SLAVE, READ_ISR)).isZero();
        }
        assertThat(pic.intr()).isFalse();
    }

    @Test
    void takesTheUpperFiveBitsOfTheVectorBase() {
        write(MASTER, 0x11, 0x77, 0x04, 0x01);
        pulse(3);

        assertThat(pic.acknowledge()).isEqualTo(0x73);
    }

    @Test
    void skipsTheIcwsThatIcw1LeavesOut() {
        write(MASTER, 0x13, 0x40, 0x01);
        pic.write(MASTER + 1, 0xF0);
        assertThat(pic.read(MASTER + 1)).isEqualTo(0xF0);

        write(MASTER, 0x10, 0x50, 0x04);
        pic.write(MASTER + 1, 0x0F);
        assertThat(pic.read(MASTER + 1)).isEqualTo(0x0F);

        write(MASTER, 0x12, 0x60);
        pic.write(MASTER + 1, 0xA5);
        assertThat(pic.read(MASTER + 1)).isEqualTo(0xA5);
    }

    @Test
    void tellsItsOutputOnEachChange() {
        pic.line(4, true);
        pic.line(5, true);
        assertThat(intr).containsExactly(true);
        pic.acknowledge();
        assertThat(intr).containsExactly(true, false);
        pic.write(MASTER, NON_SPECIFIC_END);
        assertThat(intr).containsExactly(true, false, true);
        assertThat(pic.intr()).isTrue();
    }

    @Test
    @DisplayName("HSM-INT-03 a pulse gives exactly one interrupt at an edge-triggered input")
    void latchesAnEdge() {
        pulse(4);

        assertThat(pic.acknowledge()).isEqualTo(0x24);
        pic.write(MASTER, NON_SPECIFIC_END);
        assertThat(pic.intr()).isFalse();
    }

    @Test
    void needsANewEdgeForEachInterrupt() {
        pic.line(4, true);
        pic.acknowledge();
        pic.write(MASTER, NON_SPECIFIC_END);
        assertThat(pic.intr()).isFalse();
        pic.line(4, true);
        assertThat(pic.intr()).isFalse();
        pic.line(4, false);
        pic.line(4, true);
        assertThat(pic.intr()).isTrue();
    }

    @Test
    void nestsByPriority() {
        pulse(4);
        pic.acknowledge();
        pulse(5);
        pulse(4);
        assertThat(pic.intr()).isFalse();
        pulse(1);
        assertThat(pic.acknowledge()).isEqualTo(0x21);
        assertThat(read(MASTER, READ_ISR)).isEqualTo(0x12);
        pic.write(MASTER, NON_SPECIFIC_END);
        assertThat(read(MASTER, READ_ISR)).isEqualTo(0x10);
        assertThat(pic.intr()).isFalse();
        pic.write(MASTER, NON_SPECIFIC_END);
        assertThat(pic.acknowledge()).isEqualTo(0x24);
        pic.write(MASTER, NON_SPECIFIC_END);
        assertThat(pic.acknowledge()).isEqualTo(0x25);
    }

    @Test
    void endsASpecificLevel() {
        pulse(4);
        pic.acknowledge();
        pulse(1);
        pic.acknowledge();

        pic.write(MASTER, SPECIFIC_END | 4);

        assertThat(read(MASTER, READ_ISR)).isEqualTo(0x02);
    }

    @Test
    void ignoresAnEndWithoutService() {
        pic.write(MASTER, NON_SPECIFIC_END);
        pic.write(MASTER, 0xA0);
        pulse(0);
        pulse(7);

        assertThat(pic.acknowledge()).isEqualTo(0x20);
    }

    @Test
    void masksInputsAndRemembersTheirRequests() {
        pic.write(MASTER + 1, 0xEF);
        assertThat(pic.read(MASTER + 1)).isEqualTo(0xEF);
        pulse(3);
        assertThat(pic.intr()).isFalse();
        assertThat(read(MASTER, READ_IRR)).isEqualTo(0x08);
        pulse(4);
        assertThat(pic.acknowledge()).isEqualTo(0x24);
        pic.write(MASTER, NON_SPECIFIC_END);
        pic.write(MASTER + 1, 0);
        assertThat(pic.acknowledge()).isEqualTo(0x23);
    }

    @Test
    void takesItsRequestBackWhenItIsMasked() {
        pulse(3);
        pic.write(MASTER + 1, 0x08);

        assertThat(pic.intr()).isFalse();
        assertThat(intr).containsExactly(true, false);
    }

    @Test
    void acknowledgesNothingAsASpuriousInterruptWithoutService() {
        assertThat(pic.acknowledge()).isEqualTo(0x27);
        assertThat(read(MASTER, READ_ISR)).isZero();

        pulse(3);
        pic.write(MASTER + 1, 0xFF);
        assertThat(pic.acknowledge()).isEqualTo(0x27);
        assertThat(read(MASTER, READ_ISR)).isZero();
        assertThat(read(MASTER, READ_IRR)).isEqualTo(0x08);
    }

    @Test
    void acknowledgesAVanishedRequestOfTheSlaveAsItsSpuriousInterrupt() {
        pulse(10);
        pic.write(SLAVE + 1, 0x04);

        assertThat(pic.intr()).isTrue();
        assertThat(pic.acknowledge()).isEqualTo(0x2F);
        assertThat(read(SLAVE, READ_ISR)).isZero();
        assertThat(read(MASTER, READ_ISR)).isEqualTo(0x04);
    }

    @Test
    void readsRequestsFirstAndThenWhatWasAskedFor() {
        pic.line(5, true);
        assertThat(pic.read(MASTER)).isEqualTo(0x20);
        assertThat(read(MASTER, READ_ISR)).isZero();
        pic.acknowledge();
        assertThat(pic.read(MASTER)).isEqualTo(0x20);
        pic.write(MASTER, 0x08);
        assertThat(pic.read(MASTER)).isEqualTo(0x20);
        assertThat(read(MASTER, READ_IRR)).isZero();
    }

    @Test
    void putsTheSlaveBetweenInputs1And3() {
        pulse(3);
        pulse(15);
        pulse(8);
        pulse(1);

        assertThat(pic.acknowledge()).isEqualTo(0x21);
        pic.write(MASTER, NON_SPECIFIC_END);
        assertThat(pic.acknowledge()).isEqualTo(0x28);
        assertThat(read(MASTER, READ_ISR)).isEqualTo(0x04);
        assertThat(read(SLAVE, READ_ISR)).isEqualTo(0x01);
        endBoth();
        assertThat(pic.acknowledge()).isEqualTo(0x2F);
        endBoth();
        assertThat(pic.acknowledge()).isEqualTo(0x23);
    }

    @Test
    void keepsLaterRequestsOfTheSlaveUntilTheMastersEnd() {
        pulse(12);
        pic.acknowledge();
        pulse(9);
        assertThat(pic.intr()).isFalse();

        pic.write(MASTER, NON_SPECIFIC_END);

        assertThat(pic.acknowledge()).isEqualTo(0x29);
    }

    @Test
    void letsTheSlaveInterruptAgainWhicheverEndComesFirst() {
        pulse(12);
        pulse(13);
        pic.acknowledge();
        pic.write(MASTER, NON_SPECIFIC_END);
        assertThat(pic.intr()).isFalse();
        pic.write(SLAVE, NON_SPECIFIC_END);

        assertThat(pic.acknowledge()).isEqualTo(0x2D);
    }

    @Test
    void ignoresTheInputThatIsNotThere() {
        pic.line(2, true);
        pic.line(16, true);
        pic.line(-1, true);

        assertThat(pic.intr()).isFalse();
        assertThat(pic.read(MASTER)).isZero();
        assertThat(pic.read(SLAVE)).isZero();
    }

    @Test
    void followsTheLevelOfALevelTriggeredInput() {
        pic.write(0x4D1, 0x08);
        pic.line(11, true);
        assertThat(pic.acknowledge()).isEqualTo(0x2B);
        assertThat(read(SLAVE, READ_IRR)).isEqualTo(0x08);
        assertThat(pic.intr()).isFalse();
        endBoth();
        assertThat(pic.acknowledge()).isEqualTo(0x2B);
        pic.line(11, false);
        endBoth();
        assertThat(pic.intr()).isFalse();
        assertThat(pic.read(SLAVE)).isZero();
    }

    @Test
    void dropsARequestWhoseLevelFalls() {
        pic.write(0x4D0, 0x20);
        pic.line(5, true);
        pic.line(5, false);

        assertThat(pic.intr()).isFalse();
        assertThat(pic.acknowledge()).isEqualTo(0x27);
    }

    @Test
    void keepsTheBitsOfInputsThatAreAlwaysEdgeTriggeredClear() {
        pic.write(0x4D0, 0xFF);
        pic.write(0x4D1, 0xFF);

        assertThat(pic.read(0x4D0)).isEqualTo(0xF8);
        assertThat(pic.read(0x4D1)).isEqualTo(0xDE);
    }

    @Test
    void takesTheTriggerModeFromElcrAlone() {
        write(MASTER, 0x19, 0x20, 0x04, 0x01);
        pulse(5);

        assertThat(pic.intr()).isTrue();
    }

    @Test
    void keepsElcrThroughIcw1() {
        pic.write(0x4D0, 0x20);
        pic.line(5, true);

        write(MASTER, 0x11, 0x20, 0x04, 0x01);

        assertThat(pic.read(0x4D0)).isEqualTo(0x20);
        assertThat(pic.acknowledge()).isEqualTo(0x25);
    }

    @Test
    void forgetsEdgesMaskAndServiceAtIcw1() {
        pic.write(MASTER + 1, 0xFF);
        pic.line(3, true);
        pic.line(4, true);
        pic.write(MASTER + 1, 0xEF);
        pic.acknowledge();
        pic.write(MASTER, READ_ISR);
        pic.write(MASTER, 0xC2);

        write(MASTER, 0x11, 0x20, 0x04, 0x01);

        assertThat(pic.read(MASTER + 1)).isZero();
        assertThat(pic.read(MASTER)).isZero();
        assertThat(read(MASTER, READ_ISR)).isZero();
        assertThat(pic.intr()).isFalse();
        pic.line(3, false);
        pic.line(3, true);
        pulse(0);
        assertThat(pic.acknowledge()).as("input 0 is first again").isEqualTo(0x20);
    }

    @Test
    void leavesAllSpecialModesAtIcw1() {
        initialize(0x03, 0x01);
        pic.write(MASTER, 0x80);
        pic.write(MASTER, 0x68);
        pic.write(MASTER, READ_ISR);
        pic.write(MASTER, POLL);
        initialize(0x03, 0x01);
        pulse(3);
        assertThat(pic.read(MASTER)).as("reads requests, polls nothing").isEqualTo(0x08);
        pic.acknowledge();
        pulse(5);
        pulse(3);
        assertThat(pic.acknowledge()).as("does not rotate").isEqualTo(0x23);
        pic.acknowledge();

        pic.write(MASTER, 0x68);
        initialize(0x01, 0x01);
        pulse(4);
        pic.acknowledge();
        pic.write(MASTER + 1, 0x10);
        pulse(6);
        assertThat(pic.intr()).as("special mask mode").isFalse();
    }

    @Test
    void rotatesOnANonSpecificEnd() {
        pulse(3);
        pic.acknowledge();
        pic.write(MASTER, 0xA0);
        pulse(3);
        pulse(4);
        pulse(0);

        assertThat(pic.acknowledge()).isEqualTo(0x24);
        pic.write(MASTER, NON_SPECIFIC_END);
        assertThat(pic.acknowledge()).isEqualTo(0x20);
        pic.write(MASTER, NON_SPECIFIC_END);
        assertThat(pic.acknowledge()).isEqualTo(0x23);
    }

    @Test
    void rotatesOnASpecificEnd() {
        pulse(5);
        pic.acknowledge();
        pulse(1);
        pic.acknowledge();

        pic.write(MASTER, 0xE5);

        assertThat(read(MASTER, READ_ISR)).isEqualTo(0x02);
        pic.write(MASTER, SPECIFIC_END | 1);
        pulse(5);
        pulse(6);
        assertThat(pic.acknowledge()).isEqualTo(0x26);
    }

    @Test
    void setsTheLowestPriority() {
        pic.write(MASTER, 0xC4);
        pulse(4);
        pulse(3);
        pulse(5);

        assertThat(pic.acknowledge()).isEqualTo(0x25);
        pic.write(MASTER, NON_SPECIFIC_END);
        assertThat(pic.acknowledge()).isEqualTo(0x23);
    }

    @Test
    void endsTheHighestInRotatedOrder() {
        pulse(1);
        pic.acknowledge();
        pic.write(MASTER, 0xC3);
        pulse(5);
        assertThat(pic.acknowledge()).isEqualTo(0x25);

        pic.write(MASTER, NON_SPECIFIC_END);

        assertThat(read(MASTER, READ_ISR)).isEqualTo(0x02);
    }

    @Test
    void endsByItselfInAutomaticMode() {
        initialize(0x03, 0x03);
        pulse(4);
        pulse(5);
        pulse(9);

        assertThat(pic.acknowledge()).isEqualTo(0x29);
        assertThat(read(SLAVE, READ_ISR)).isZero();
        assertThat(pic.acknowledge()).isEqualTo(0x24);
        assertThat(read(MASTER, READ_ISR)).isZero();
        assertThat(pic.acknowledge()).isEqualTo(0x25);
        assertThat(pic.intr()).isFalse();
    }

    @Test
    void interruptsAgainForWhatTheSlaveStillHasInAutomaticMode() {
        initialize(0x03, 0x03);
        pulse(9);
        pulse(10);

        assertThat(pic.acknowledge()).isEqualTo(0x29);
        assertThat(pic.intr()).isTrue();
        assertThat(pic.acknowledge()).isEqualTo(0x2A);
        assertThat(pic.intr()).isFalse();
    }

    @Test
    void interruptsAgainForWhatAPolledSlaveStillHas() {
        initialize(0x03, 0x03);
        pulse(9);
        pulse(10);
        pic.write(MASTER, POLL);
        assertThat(pic.read(MASTER)).isEqualTo(0x82);
        assertThat(pic.intr()).isFalse();
        pic.write(SLAVE, POLL);
        assertThat(pic.read(SLAVE)).isEqualTo(0x81);

        assertThat(pic.intr()).isTrue();
        assertThat(pic.acknowledge()).isEqualTo(0x2A);
    }

    @Test
    void rotatesInAutomaticModeOnRequest() {
        initialize(0x03, 0x01);
        pic.write(MASTER, 0x80);
        pulse(3);
        pic.acknowledge();
        pulse(3);
        pulse(6);
        assertThat(pic.acknowledge()).isEqualTo(0x26);
        assertThat(pic.acknowledge()).isEqualTo(0x23);
        pic.write(MASTER, 0x00);
        pulse(4);
        pic.acknowledge();
        pulse(5);
        pulse(4);
        assertThat(pic.acknowledge()).as("3 is still the lowest").isEqualTo(0x24);
    }

    @Test
    void letsLowerInputsThroughInSpecialMaskMode() {
        pulse(4);
        pic.acknowledge();
        pulse(6);
        assertThat(pic.intr()).isFalse();
        pic.write(MASTER + 1, 0x10);
        assertThat(pic.intr()).isFalse();

        pic.write(MASTER, 0x68);

        assertThat(pic.acknowledge()).isEqualTo(0x26);
        pic.write(MASTER, NON_SPECIFIC_END);
        assertThat(read(MASTER, READ_ISR)).as("the masked one needs a specific end").isEqualTo(0x10);
        pulse(6);
        pic.write(MASTER, 0x48);
        assertThat(pic.intr()).isFalse();
        pic.write(MASTER, SPECIFIC_END | 4);
        assertThat(pic.intr()).isTrue();
    }

    @Test
    void keepsSpecialMaskModeThroughOtherCommands() {
        pic.write(MASTER, 0x68);
        read(MASTER, READ_ISR);
        pulse(4);
        pic.acknowledge();
        pic.write(MASTER + 1, 0x10);
        pulse(6);

        assertThat(pic.intr()).isTrue();
    }

    @Test
    void needsTheEnableBitToChangeSpecialMaskMode() {
        pic.write(MASTER, 0x28);
        pulse(4);
        pic.acknowledge();
        pic.write(MASTER + 1, 0x10);
        pulse(6);

        assertThat(pic.intr()).isFalse();
    }

    @Test
    void letsHigherInputsOfTheSlaveThroughInSpecialFullyNestedMode() {
        initialize(0x11, 0x01);
        pulse(12);
        pic.acknowledge();
        pulse(13);
        assertThat(pic.intr()).isFalse();
        pulse(9);
        assertThat(pic.acknowledge()).isEqualTo(0x29);
        assertThat(read(SLAVE, READ_ISR)).isEqualTo(0x12);
        pulse(4);
        assertThat(pic.intr()).isFalse();
        pulse(0);
        assertThat(pic.acknowledge()).isEqualTo(0x20);
    }

    @Test
    void acknowledgesByPolling() {
        pulse(6);
        pic.write(MASTER, POLL);

        assertThat(pic.read(MASTER)).isEqualTo(0x86);

        assertThat(pic.intr()).isFalse();
        assertThat(read(MASTER, READ_ISR)).isEqualTo(0x40);
        pic.write(MASTER, POLL);
        assertThat(pic.read(MASTER) & 0x80).isZero();
        assertThat(pic.read(MASTER)).as("one read only").isEqualTo(0x40);
    }

    @Test
    void pollsThroughTheDataPortToo() {
        pic.write(MASTER + 1, 0x55);
        pulse(1);
        pulse(0);
        pic.write(MASTER + 1, 0x54);
        pic.write(MASTER, POLL);

        assertThat(pic.read(MASTER + 1)).isEqualTo(0x80);
        pic.write(MASTER + 1, 0x55);
        assertThat(pic.read(MASTER + 1)).isEqualTo(0x55);
    }

    @Test
    void pollsMasterAndSlaveInTurn() {
        pulse(9);
        pulse(14);
        pic.write(MASTER, POLL);
        assertThat(pic.read(MASTER)).isEqualTo(0x82);
        pic.write(SLAVE, POLL);
        assertThat(pic.read(SLAVE)).isEqualTo(0x81);
        endBoth();

        assertThat(pic.acknowledge()).isEqualTo(0x2E);
    }

    @Test
    void answersOtherPortsWithAllOnes() {
        assertThat(pic.read(0x22)).isEqualTo(0xFF);
        pic.write(0x22, 0xFF);
        assertThat(pic.read(0x21)).isZero();
    }

    @Test
    void usesEightBitsOfWhatIsWritten() {
        pic.write(MASTER + 1, 0x1FF);

        assertThat(pic.read(MASTER + 1)).isEqualTo(0xFF);
    }

    @Test
    void comesBackToPowerOnByResetButKeepsTheLevels() {
        pic.write(0x4D0, 0x20);
        pic.line(5, true);
        pic.line(4, true);
        assertThat(pic.intr()).isTrue();

        pic.reset();

        assertThat(pic.intr()).isFalse();
        assertThat(intr).containsExactly(true, false);
        assertThat(pic.read(0x4D0)).isZero();
        initialize(0x01, 0x01);
        assertThat(pic.intr()).isFalse();
        pic.line(4, true);
        assertThat(pic.intr()).as("no edge").isFalse();
        pic.write(0x4D0, 0x20);
        assertThat(pic.acknowledge()).as("but a level").isEqualTo(0x25);
    }

    @Test
    void comesBackToTheWholeOfPowerOn() {
        Pic fresh = factory().create(intr::add);
        busy();

        fresh.line(4, true);
        fresh.line(7, true);
        fresh.line(11, true);
        fresh.reset();
        pic.reset();

        assertThat(pic.save(1)).isEqualTo(fresh.save(1));
        assertThat(pic.read(0x4D1)).isZero();
    }

    private Pic busy() {
        pic.write(0x4D1, 0x08);
        pic.write(MASTER + 1, 0x80);
        pic.write(SLAVE + 1, 0x10);
        pic.line(11, true);
        pic.acknowledge();
        pic.line(4, true);
        pic.line(7, true);
        pulse(12);
        pic.write(SLAVE, READ_ISR);
        pic.write(SLAVE, 0x68);
        pic.write(SLAVE, 0xC6);
        pic.write(MASTER, POLL);
        pic.write(MASTER, 0x80);
        pic.write(SLAVE, 0x68);
        return pic;
    }

    private static ModelState.Builder chip(int lines, int irr, int isr, int imr, int elcr) {
        return ModelState.of("8259a", 1).put("lines", lines).put("irr", irr).put("isr", isr).put("imr", imr)
                .put("elcr", elcr).put("icw1", 0x11).put("icw4", 1).put("step", 0);
    }

    private static ModelState busyState() {
        return ModelState.of("pic", 1)
                .put("master",
                        chip(0x90, 0x90, 0x04, 0x80, 0).put("icw2", 0x20).put("icw3", 0x04).put("lowest", 7)
                                .put("readIsr", false).put("poll", true).put("specialMask", false).put("rotate", true)
                                .build())
                .put("slave",
                        chip(0x08, 0x18, 0x08, 0x10, 0x08).put("icw2", 0x28).put("icw3", 0x02).put("lowest", 6)
                                .put("readIsr", true).put("poll", false).put("specialMask", true).put("rotate", false)
                                .build())
                .build();
    }

    @Test
    void writesExactlyTheStateOfTheContract() {
        assertThat(busy().save(1)).isEqualTo(busyState());
        assertThat(pic.save(1)).isEqualTo(busyState());
        assertThat(pic.schema()).isEqualTo(factory().schema());
        assertThat(pic.schema().kind()).isEqualTo("pic").isEqualTo(factory().info().kind());
    }

    @Test
    void readsTheStateOfAnyOtherImplementation() {
        Pic copy = factory().create(intr::add);

        copy.restore(busyState());

        assertThat(copy.save(1)).isEqualTo(busyState());
        assertThat(copy.intr()).isFalse();
        copy.write(MASTER, NON_SPECIFIC_END);
        assertThat(intr).endsWith(true);
        assertThat(copy.read(MASTER)).isEqualTo(0x84);
    }

    @Test
    void tellsItsOutputAfterARestore() {
        pulse(3);
        ModelState state = pic.save(1);
        intr.clear();
        Pic copy = factory().create(intr::add);

        copy.restore(state);

        assertThat(copy.intr()).isTrue();
        assertThat(intr).containsExactly(true);
        assertThat(copy.acknowledge()).isEqualTo(0x23);
    }

    @Test
    void refusesStateThatNoModelCanHave() {
        ModelState sound = busyState();
        assertRefused(ModelState.of("pic", 1).put("master", sound.nested("master")).build());
        assertRefused(withMaster(0x100, 0, 0, 7, 0));
        assertRefused(withMaster(0, -1, 0, 7, 0));
        assertRefused(withMaster(0, 0, 0x100, 7, 0));
        assertRefused(withMaster(0, 0, 0, 8, 0));
        assertRefused(withMaster(0, 0, 0, 7, 2));
        factory().create(intr::add).restore(withMaster(0, 0, 0, 7, 1));
    }

    private static ModelState withMaster(int lines, int irr, int isr, int lowest, int poll) {
        ModelState master = chip(lines, irr, isr, 0, 0).put("icw2", 0x20).put("icw3", 0x04).put("lowest", lowest)
                .put("readIsr", false).put("poll", poll).put("specialMask", false).put("rotate", true).build();
        return ModelState.of("pic", 1).put("master", master).put("slave", busyState().nested("slave")).build();
    }

    private void assertRefused(ModelState state) {
        assertThatThrownBy(() -> factory().create(intr::add).restore(state)).isInstanceOf(StateException.class);
    }

    @Test
    void carriesInterruptsWithoutAllocating() {
        Pic quiet = factory().create(high -> {
        });
        for (int[] write : new int[][]{{0x20, 0x11}, {0x21, 0x20}, {0x21, 4}, {0x21, 1}, {0xA0, 0x11}, {0xA1, 0x28},
                {0xA1, 2}, {0xA1, 1}}) {
            quiet.write(write[0], write[1]);
        }

        long bytes = Allocation.bytes(() -> {
            for (int irq = 0; irq < 16; irq++) {
                quiet.line(irq, true);
                quiet.line(irq, false);
                quiet.acknowledge();
                quiet.write(SLAVE, NON_SPECIFIC_END);
                quiet.write(MASTER, NON_SPECIFIC_END);
                quiet.read(MASTER);
            }
        });

        assertThat(bytes).isZero();
    }
}
