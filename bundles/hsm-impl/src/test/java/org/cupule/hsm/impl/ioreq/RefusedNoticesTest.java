package org.cupule.hsm.impl.ioreq;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.abi.IoRequestPage;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.tck.hsm.FakeHypervisor;
import org.cupule.tck.hsm.FakePartition;
import org.cupule.types.Behaviour;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/** What is told of notices that the hypervisor refuses. */
class RefusedNoticesTest {
    private static final int NOT_THERE = 7;

    private final ListedLines log = new ListedLines();
    private final IoRequestPage page = new IoRequestPage(Arena.ofAuto().allocate(4096, 4096));
    private final FakePartition partition = new FakeHypervisor().create(
            new PartitionCreation("", 3, 0, Behaviour.ACRN, false, false, Map.of()), null);
    private final PageProtocol protocol = new PageProtocol.Claimed(page, partition, log);

    @Test
    @DisplayName("a refused notice of a VM that is there is a warning, which says which vCPU waits, why and how long")
    void warns() {
        protocol.finish(NOT_THERE);

        assertThat(log.at(Level.WARN)).singleElement().asString().contains("VM" + partition.vmid() + ":", "vCPU 7",
                "EPERM", "waits until the VM is reset");
    }

    @Test
    @DisplayName("further ones of the same VM are told at level DEBUG; those of another VM are a warning again")
    void onceEachVm() {
        for (int i = 0; i < 100; i++) {
            protocol.finish(NOT_THERE + i);
        }
        new PageProtocol.Claimed(page, partition, log).finish(NOT_THERE);

        assertThat(log.at(Level.WARN)).hasSize(2);
        assertThat(log.at(Level.DEBUG)).hasSize(99);
    }

    @Test
    @DisplayName("a notice that a VM refuses because it is powered off is no warning, and takes none away")
    void silentAfterTheEnd() {
        FakePartition gone = new FakeHypervisor().create(
                new PartitionCreation("", 3, 0, Behaviour.ACRN, false, false, Map.of()), null);
        gone.destroy();

        new PageProtocol.Claimed(page, gone, log).finish(0);

        assertThat(log.at(Level.WARN)).isEmpty();
        assertThat(log.at(Level.DEBUG)).hasSize(1);
    }

    @Test
    @DisplayName("a notice that is heard is not told")
    void silentWhenHeard() {
        partition.setIoRequestPage(page.segment());
        protocol.finish(0);

        assertThat(log.lines).isEmpty();
    }

    /**
     * A log of what it was told.
     *
     * @threading any thread
     */
    private static final class ListedLines extends LegacyAbstractLogger {
        private static final long serialVersionUID = 1;

        private final transient List<Line> lines = new CopyOnWriteArrayList<>();

        private record Line(Level level, String text) {
        }

        List<String> at(Level level) {
            return lines.stream().filter(line -> line.level == level).map(Line::text).toList();
        }

        @Override
        protected void handleNormalizedLoggingCall(Level level, Marker marker, String pattern, Object[] arguments,
                Throwable throwable) {
            lines.add(new Line(level, MessageFormatter.basicArrayFormat(pattern, arguments)));
        }

        @Override
        protected @Nullable String getFullyQualifiedCallerName() {
            return null;
        }

        @Override
        public boolean isTraceEnabled() {
            return true;
        }

        @Override
        public boolean isDebugEnabled() {
            return true;
        }

        @Override
        public boolean isInfoEnabled() {
            return true;
        }

        @Override
        public boolean isWarnEnabled() {
            return true;
        }

        @Override
        public boolean isErrorEnabled() {
            return true;
        }
    }
}
