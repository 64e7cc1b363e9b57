package org.cupule.hsm.shell;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SwapCommandsTest {
    @Test
    void aStuckThreadIsShownWithWhatItDoesAndTheFramesOfThePlugin() {
        assertThat(SwapCommands.place(List.of("java.base/java.lang.Thread.sleep0(Native Method)",
                "java.base/java.lang.Thread.sleep(Thread.java:1)", "com.acme.Sensor.poll(Sensor.java:7)",
                "java.base/java.util.ArrayList.forEach(ArrayList.java:1)", "com.acme.Sensor.save(Sensor.java:9)",
                "com.acme.Sensor.more(Sensor.java:11)"))).isEqualTo(
                        "java.base/java.lang.Thread.sleep0(Native Method) < com.acme.Sensor.poll(Sensor.java:7)"
                                + " < com.acme.Sensor.save(Sensor.java:9)");
    }

    @Test
    void aThreadThatLoopsInThePluginIsShownWithItsFirstThreeFrames() {
        assertThat(SwapCommands.place(List.of("com.acme.A.a(A.java:1)", "com.acme.B.b(B.java:2)",
                "com.acme.C.c(C.java:3)", "com.acme.D.d(D.java:4)"))).isEqualTo(
                        "com.acme.A.a(A.java:1) < com.acme.B.b(B.java:2) < com.acme.C.c(C.java:3)");
    }

    @Test
    void aThreadThatHasJustEndedIsShownWithoutAPlace() {
        assertThat(SwapCommands.place(List.of())).isEmpty();
    }
}
