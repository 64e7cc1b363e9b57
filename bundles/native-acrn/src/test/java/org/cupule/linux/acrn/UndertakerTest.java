package org.cupule.linux.acrn;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.cupule.abi.IoctlNumber;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The program that ends VMs of a killed process; on the driver it is tried in the rig. */
@Timeout(180)
class UndertakerTest {
    @TempDir
    private Path folder;

    @Test
    void itsNumbersAreThoseOfTheDriver() {
        assertThat(Undertaker.PAUSE_VM).isEqualTo(IoctlNumber.PAUSE_VM.number());
        assertThat(Undertaker.DESTROY_VM).isEqualTo(IoctlNumber.DESTROY_VM.number());
    }

    private int status(String shell) throws IOException, InterruptedException {
        String command = String.join(" ", Undertaker.command(folder));
        Process process = new ProcessBuilder("/bin/sh", "-c", shell.formatted(command)).inheritIO().start();
        assertThat(process.waitFor(50, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    void itStartsByItselfAndLetsGoOfWhatIsNoDevice() throws IOException, InterruptedException {
        assertThat(status("true | %s 3<&0")).isZero();
    }

    @Test
    void itTriesAgainWhereTheVmWasNotDestroyed() throws IOException, InterruptedException {
        assertThat(status("exec %s 3</dev/zero")).isEqualTo(1);
    }
}
