/* SPDX-License-Identifier: MIT */
/*
 * T32: the kernel reads and writes frames on behalf of the program: write, pwrite, writev, send,
 * fwrite out of a frame, read, pread, readv, recv, fread into one. All frames are the program's
 * at that time, and every call must succeed in full: no EFAULT, no short count.
 * rule: none
 * devices: heap vivid
 */
#include "common.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BYTES = 8192 };

static void full(ssize_t n)
{
	if (n != BYTES)
		die("a call did not transfer everything");
}

static void copy_out(void *frame, int file, int sock)
{
	struct iovec v = {frame, BYTES};

	full(write(file, frame, BYTES));
	full(pwrite(file, frame, BYTES, 0));
	full(writev(file, &v, 1));
	full(pwritev(file, &v, 1, 0));
	full(send(sock, frame, BYTES, 0));
	full(sendto(sock, frame, BYTES, 0, NULL, 0));
	full(sendmsg(sock, &(struct msghdr){.msg_iov = &v, .msg_iovlen = 1}, 0));
}

static void copy_in(void *frame, int file, int sock)
{
	struct iovec v = {frame, BYTES};

	CHECK(lseek(file, 0, SEEK_SET));
	full(read(file, frame, BYTES));
	full(pread(file, frame, BYTES, 0));
	full(readv(file, &v, 1));
	full(preadv(file, &v, 1, 0));
	full(recv(sock, frame, BYTES, MSG_WAITALL));
	full(recvfrom(sock, frame, BYTES, MSG_WAITALL, NULL, NULL));
	full(recvmsg(sock, &(struct msghdr){.msg_iov = &v, .msg_iovlen = 1}, MSG_WAITALL));
}

static void stdio(void *frame)
{
	FILE *f = tmpfile();

	if (!f)
		die("tmpfile");
	full((ssize_t)fwrite(frame, 1, BYTES, f));
	if (fseek(f, 0, SEEK_SET))
		die("fseek");
	full((ssize_t)fread(frame, 1, BYTES, f));
	fclose(f);
}

static void copies(volatile unsigned char *map)
{
	int file = memfd_create("scratch", MFD_CLOEXEC), sock[2];
	void *frame = (void *)map;

	CHECK(file);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	copy_out(frame, file, sock[0]);
	copy_in(frame, file, sock[1]);
	stdio(frame);
	CHECK(close(file));
	CHECK(close(sock[0]));
	CHECK(close(sock[1]));
}

static void own_memory(void)
{
	struct video cap;

	video_stream_mmap(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE);
	copies(cap.map[video_dequeue(&cap)]);
	video_close(&cap);
}

static void imported(void)
{
	struct dbuf bufs[BUFFERS], *frame;
	struct video cap;

	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	frame = &bufs[video_dequeue(&cap)];
	sync_start(frame->fd, DMA_BUF_SYNC_RW);
	copies(frame->map);
	sync_end(frame->fd, DMA_BUF_SYNC_RW);
	video_close(&cap);
	dbufs_finish(bufs);
}

int main(void)
{
	case_begin();
	own_memory();
	imported();
	return 0;
}
