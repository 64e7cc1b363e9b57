# What 'cupule demo linux' runs in its guest: workers that number what they do and say its checksum. The host knows each of
# them beforehand. A line is "demo WORKER NUMBER ANSWER...".
say() {
    echo "demo $*"
}

# Files of a disk: written, synchronised, thrown out of the cache, read back; each once more when eight others have been written.
disk() {
    n=0
    while [ ! -e /tmp/stop ]; do
        n=$((n + 1))
        old=$((n > 8 ? n - 8 : n))
        seq $n $((n + 1000)) >/mnt/$n
        sync
        echo 1 >/proc/sys/vm/drop_caches
        say disk $n $(md5sum </mnt/$n) $(md5sum </mnt/$old)
        [ $old = $n ] || rm /mnt/$old
    done
}

# How long a sleep of 20 ms takes.
timer() {
    n=0
    while [ ! -e /tmp/stop ]; do
        n=$((n + 1))
        read -r before _ </proc/uptime
        usleep 20000
        read -r after _ </proc/uptime
        say timer $n $before $after
    done
}

# Processes and pipes.
process() {
    n=0
    while [ ! -e /tmp/stop ]; do
        n=$((n + 1))
        say process $n $(seq $n $((n + 60)) | sed s/1/one/g | md5sum)
    done
}

# 100 KiB of memory, filled and copied.
memory() {
    n=0
    while [ ! -e /tmp/stop ]; do
        n=$((n + 1))
        yes "memory $n" | head -c 100000 >/tmp/memory
        cp /tmp/memory /tmp/copy
        say memory $n $(md5sum </tmp/copy)
    done
}

# An echo of the gateway; random numbers.
network() {
    n=0
    while [ ! -e /tmp/stop ]; do
        n=$((n + 1))
        ping -c 1 -W 60 -q 10.0.2.2 >/dev/null 2>&1
        say network $n $? $(dd if=/dev/hwrng bs=64 count=1 2>/dev/null | wc -c)
            usleep 20000
    done
}

facts() {
    read -r taint </proc/sys/kernel/tainted
    read -r clock </sys/devices/system/clocksource/clocksource0/current_clocksource
    say facts taint=$taint clock=$clock processors=$(nproc)
}

stty -echo
echo 4 >/proc/sys/vm/drop_caches # the kernel need not tell of it each time
mke2fs -F /dev/vda >/dev/null 2>&1
mount -t ext2 /dev/vda /mnt
say begin
facts
echo 'demo: the work begins' >/dev/kmsg
for worker in disk timer process memory network; do
    $worker &
done
# What comes over the serial line, until it says stop.
while read -r word n text; do
    [ "$word" = line ] || break
    say serial $n $(echo "$text" | md5sum)
done
touch /tmp/stop
wait
umount /mnt
facts
grep -E 'ERR|MIS' /proc/interrupts | sed 's/^/demo interrupts /'
dmesg -r | sed 's/^/demo log /'
say end
