package org.cupule.machine.dev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(180)
class JarWatchTest {
    @TempDir
    Path project;
    private Path jar;
    private JarWatch watch;

    @BeforeEach
    void makeProject() throws IOException {
        Files.writeString(project.resolve("pom.xml"), "<project/>");
        jar = project.resolve("target/x-1.0.0.jar");
        watch = new JarWatch(project);
    }

    @AfterEach
    void end() {
        watch.close();
    }

    private void write(byte[] bytes) throws IOException {
        Files.createDirectories(jar.getParent());
        Files.write(jar, bytes);
    }

    private CompletableFuture<String> next() {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return watch.next(() -> false).orElseThrow().version();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @ParameterizedTest
    @CsvSource({"projct, /projct is not there", "target, /target is not there",
            "pom.xml, /pom.xml is neither a folder nor a jar", "no/where/x.jar, there is no folder"})
    void waitsForNothingThatCannotCome(String name, String sentence) {
        assertThatThrownBy(() -> new JarWatch(project.resolve(name)).close()).isInstanceOf(HsmException.class)
                .extracting(refused -> refused.getMessage().replace("'", "")).asString().contains(sentence);
    }

    @Test
    void findsTheJarOfAProjectAndNotItsAttachments() throws IOException {
        write(Jars.bundle("x", "1.0.0", ""));
        Files.write(jar.resolveSibling("x-1.0.0-sources.jar"), Jars.bundle("x", "9.0.0", ""));
        assertThat(watch.present()).get().extracting(BuiltJar::version).isEqualTo("1.0.0");
    }

    @Test
    void seesTheFirstBuildOfAProjectWithoutATarget() throws Exception {
        assertThat(watch.present()).isEmpty();
        var build = next();
        write(Jars.bundle("x", "1.0.0", ""));
        assertThat(build.get(120, TimeUnit.SECONDS)).isEqualTo("1.0.0");
    }

    @Test
    void tellsABuildThatCameBetweenTwoLooks() throws Exception {
        assertThat(watch.present()).isEmpty();
        write(Jars.bundle("x", "1.0.0", ""));
        assertThat(next().get(120, TimeUnit.SECONDS)).isEqualTo("1.0.0");
        write(Jars.bundle("x", "2.0.0", ""));
        assertThat(next().get(120, TimeUnit.SECONDS)).isEqualTo("2.0.0");
    }

    @Test
    void seesABuildAfterTheTargetWasDeleted() throws Exception {
        write(Jars.bundle("x", "1.0.0", ""));
        watch.present();
        var build = next();
        Files.delete(jar);
        Files.delete(jar.getParent());
        write(Jars.bundle("x", "2.0.0", ""));
        assertThat(build.get(120, TimeUnit.SECONDS)).isEqualTo("2.0.0");
    }

    @Test
    void waitsForAJarThatIsBeingWritten() throws Exception {
        byte[] whole = Jars.bundle("x", "2.0.0", "content".repeat(1000));
        var build = next();
        write(Arrays.copyOf(whole, whole.length / 2));
        assertThat(build.copy().completeOnTimeout("none yet", 1500, TimeUnit.MILLISECONDS).get()).isEqualTo("none yet");
        write(whole);
        assertThat(build.get(120, TimeUnit.SECONDS)).isEqualTo("2.0.0");
    }

    @Test
    void doesNotTellTheSameBytesTwice() throws Exception {
        write(Jars.bundle("x", "1.0.0", "a"));
        watch.present();
        var build = next();
        write(Jars.bundle("x", "1.0.0", "a"));
        assertThat(build.completeOnTimeout("none", 1500, TimeUnit.MILLISECONDS).get()).isEqualTo("none");
    }

    @Test
    void waitsNoLongerThanItIsTold() throws Exception {
        var looks = new AtomicInteger();
        assertThat(watch.next(() -> looks.incrementAndGet() > 2)).isEmpty();
    }

    @Test
    void refusesAFolderThatIsNoProject() throws IOException {
        Path empty = Files.createDirectory(project.resolve("empty"));
        assertThatThrownBy(() -> new JarWatch(empty)).isInstanceOf(HsmException.class)
                .hasMessageContaining("pom.xml");
    }
}
